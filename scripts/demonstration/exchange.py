"""An exchange of value: dollars against euros between two banks, both or neither (PvP).

One proposes, the other's node holds that against what its officers wrote down, and affirms it.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from scripts.demonstration.api import BankSystem, Refused
from scripts.demonstration.cast import BANKS, Player
from scripts.demonstration.ground import Ground
from scripts.demonstration.nodes import Actor
from scripts.demonstration.waiting import NotFinal, await_final

SECONDS_MAX = 60.0
_PAUSE_SECONDS = 0.1
_SELLER, _BUYER = BANKS[0], BANKS[1]


def exchange(actors: Sequence[Actor], ground: Ground) -> Any:
    """Have one bank propose the trade and the other affirm it; return it, settled, as the second sees it.

    What an earlier play exchanged on this chain is not exchanged again.
    """
    seller, buyer = (
        next(actor.system for actor in actors if actor.player is player) for player in (_SELLER, _BUYER)
    )
    earlier = [each["id"] for each in buyer.get("/v1/trades")["trades"] if each["state"] == "settled"]
    if earlier:
        return buyer.get(f"/v1/trades/{earlier[0]}")
    key = f"exchange-{ground.clock.now():.0f}"
    legs = [_leg(_SELLER, _BUYER, "USD", 1_085_000_00), _leg(_BUYER, _SELLER, "EUR", 1_000_000_00)]
    expected = {"counterparty": {"bic": _SELLER.bic}, "legs": legs, "reference": "FX-1"}
    buyer.post("/v1/expected-trades", f"{key}-expected", expected)
    trade = seller.post("/v1/trades", key, {"legs": legs, "reference": "FX-1"})["id"]
    _until(buyer, trade, "awaiting_approval")
    buyer.post(f"/v1/trades/{trade}/affirmation", f"{key}-affirmed", {})
    found = _until(buyer, trade, "settled")
    _until(seller, trade, "settled")
    await_final(actors, ground.chain)
    return found


def _until(system: BankSystem, trade: str, state: str) -> Any:
    """Return a trade once a bank's node shows it in this state; raise `NotFinal`."""
    give_up = time.monotonic() + SECONDS_MAX
    while time.monotonic() < give_up:
        # Before the proposal is mirrored its counterparty's node knows of none.
        with suppress(Refused):
            found = system.get(f"/v1/trades/{trade}")
            if found["state"] == state:
                return found
        time.sleep(_PAUSE_SECONDS)
    raise NotFinal(f"after {SECONDS_MAX:.0f} seconds the trade is not {state}; see the nodes' log")


def as_payments(trade: Any) -> Iterator[Mapping[str, str]]:
    """Yield the legs of a settled trade as payments are listed."""
    for leg in trade["legs"]:
        yield {**leg, "state": trade["state"], "value_date": trade["timeline"][-1]["at"][:10]}


def _leg(payer: Player, payee: Player, asset: str, amount: int) -> Mapping[str, Any]:
    parties = {"payer": {"bic": payer.bic}, "payee": {"bic": payee.bic}}
    return {"asset": asset, **parties, "amount": str(amount)}
