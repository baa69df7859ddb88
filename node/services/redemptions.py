"""Redemptions: money that its holder asks its issuer to take back, locked until one of them ends it."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, exists, select

from node.chain.contracts import Contracts
from node.chain.own_calls import confirm_redemption, refuse_redemption, withdraw_redemption
from node.errors import NotFound
from node.mirror.instructions import outcomes
from node.mirror.registry import directory
from node.mirror.words import unsigned
from node.services.administration import ask_in
from node.services.versions import Seen, require_version, version_of
from node.store.session import Store
from node.store.tables import events
from settlement.identifiers import BankReference, validate_bic
from settlement.instruction import Terms
from settlement.participant import KeyRole, Participant


class Ending(StrEnum):
    """How a redemption that waits can end: by its issuer's answer, or because its holder takes it back."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """One that waits. `requested_at` is its block's time in UTC seconds; the amount is in its terms."""

    holder: Participant
    issuer: Participant
    terms: Terms
    commitment: bytes
    height: int
    requested_at: int

    @property
    def version(self) -> str:
        """What it says; while it waits it stays so."""
        return version_of(self.terms.encoded().hex(), self.commitment.hex())


_ENDS = ("Redeemed", "RedemptionRefused", "RedemptionWithdrawn")
_END_CALLS = {
    Ending.CONFIRMED: confirm_redemption,
    Ending.REFUSED: refuse_redemption,
    Ending.WITHDRAWN: withdraw_redemption,
}


def pending_redemptions(store: Store, participant: int) -> list[Redemption]:
    """Return the redemptions that wait, of which this participant is issuer or holder, oldest first."""
    with store.snapshot() as connection:
        return [each for each in waiting(connection) if participant in (each.holder.id, each.issuer.id)]


def end_redemption(
    connection: Connection,
    contracts: Contracts,
    *,
    own: Participant,
    holder: str,
    sequence: int,
    ending: Ending,
    actor: str,
    at: int,
    seen: Seen = None,
) -> int:
    """Confirm or refuse a holder's redemption (its BIC), as its issuer, or withdraw it, as its holder.

    Return the number of the outbox row. Asked twice the chain takes the first and reverts the other. Raise
    `NotFound` when none of that number waits for this participant, `UnknownParticipant`, `InvalidBic`,
    `PreconditionFailed`.
    """
    payer = directory(connection).resolve(BankReference(bic=validate_bic(holder)))
    for each in waiting(connection):
        asked = each.terms
        ends = each.holder if ending is Ending.WITHDRAWN else each.issuer
        if (asked.payer, asked.sequence) == (payer.id, sequence) and ends.id == own.id:
            require_version(seen, each.version)
            call = _END_CALLS[ending](contracts, asked, each.commitment)
            return ask_in(
                connection, call, role=KeyRole.PAY, actor=actor, action=f"redemption_{ending}", at=at
            )
    raise NotFound(f"no redemption {sequence} of {holder} waits for {own.bic}; list those that do")


def waiting(connection: Connection) -> list[Redemption]:
    """Return every redemption that was requested and has not ended, in the order of the chain."""
    end = events.alias("end")
    ended = exists().where(
        end.c.initiator == events.c.initiator,
        end.c.sequence == events.c.sequence,
        end.c.name.in_(_ENDS),
    )
    query = select(events.c.initiator, events.c.sequence).where(
        events.c.name == "RedemptionRequested", ~ended
    )
    keys = [(row.initiator, unsigned(row.sequence)) for row in connection.execute(query)]
    found = [each for key in outcomes(connection, keys).values() for each in key]
    requested = [each for each in found if each.name == "RedemptionRequested"]
    participants = directory(connection)
    return [
        Redemption(
            holder=participants.get(each.terms.payer),
            issuer=participants.get(each.terms.payee),
            terms=each.terms,
            commitment=each.commitment,
            height=each.height,
            requested_at=each.timestamp,
        )
        for each in sorted(requested, key=lambda each: (each.height, each.log_index))
    ]
