"""Whether this bank may consent to a trade by one key: its rules, its own limit, the chain's total of a day.

Each leg that it pays is judged as the payment that it is.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from node.services.policies.refused import RefusedByRules, require_allowed
from node.services.policies.screened import Screened
from node.services.policies.verdicts import judge
from node.services.requests import Prepared
from node.services.reviews import needs
from node.services.trades.requests import Parties
from node.settings import Settings
from settlement.approval import Need
from settlement.instruction import InstructionKind
from settlement.trade import Trade

_EMPTY = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyTotal:
    """What one consent moves out in a currency; the chain counts by these. `asset`: the currency's number."""

    asset: int
    amount: int


def need_for(
    connection: Connection,
    settings: Settings,
    parties: Parties,
    trade: Trade,
    *,
    own: int,
    urgent: bool,
    document: str = _EMPTY,
    uetr: str = "",
    reference: str = "",
    at: int,
) -> Need | None:
    """Tell why this bank's consent takes a second person, and count it where it takes none.

    The caller holds the series of sequences. `document` is what this bank knows of it. Raise
    `RefusedByPolicy`.
    """
    items = [
        _as_payment(trade, place, parties, urgent=urgent, document=document, uetr=uetr, reference=reference)
        for place, leg in enumerate(trade.legs)
        if leg.payer == own
    ]
    judged = judge(connection, items, Screened(), kind=InstructionKind.PAYMENT, payer=own, at=at)
    try:
        require_allowed(list(enumerate(items)), judged)
    except RefusedByRules as refused:
        raise refused.faults[0][1] from None
    by_rule = next((need for each in judged if (need := each.verdict.outcome.need)), None)
    if by_rule is not None:
        return by_rule
    outflow, limits = trade.outflow(own), settings.limits_of_one_person()
    if any(asset in limits and amount > limits[asset] for asset, amount in outflow.items()):
        return Need.ABOVE_LIMIT
    totals = _by_currency(outflow.items(), parties)
    found = needs(connection, totals, payer=own, limits={}, judged=[], at=at)
    return next((need for need in found if need), None)


def _by_currency(outflow: Iterable[tuple[int, int]], parties: Parties) -> list[CurrencyTotal]:
    totals: dict[int, int] = defaultdict(int)
    for asset, amount in outflow:
        totals[parties.currency_number(asset)] += amount
    return [CurrencyTotal(asset=number, amount=amount) for number, amount in sorted(totals.items())]


def _as_payment(
    trade: Trade,
    place: int,
    parties: Parties,
    *,
    urgent: bool,
    document: str,
    uetr: str,
    reference: str,
) -> Prepared:
    """Return a leg as the rules see payments."""
    leg = trade.legs[place]
    return Prepared(
        payee=leg.payee,
        asset=parties.currency_number(leg.asset),
        amount=leg.amount,
        urgent=urgent,
        commitment=trade.commitment,
        salt=b"",
        document=document,
        uetr=uetr,
        content_digest=b"",
        end_to_end_id=reference,
        value_date="",
        deadline=trade.valid_until,
        queue=True,
    )
