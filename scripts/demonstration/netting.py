"""A netting cycle: the three banks promise each other payments, and settle all of them by their nets.

Each bank's node makes its own subtree of what it pays and is paid, and an approver of each affirms.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from node.chain import own_calls
from node.keys.keystore import Keystore
from node.keys.policy import node_policy
from node.services.actors import Role
from node.services.administration import ask
from node.services.direct import DirectSender
from scripts.demonstration.api import Refused
from scripts.demonstration.cast import BANKS, Player
from scripts.demonstration.founding import SECOND_PASSWORD
from scripts.demonstration.ground import Ground
from scripts.demonstration.nodes import Actor
from scripts.demonstration.place import Place
from scripts.demonstration.waiting import SECONDS_MAX, NotFinal, await_final
from settlement.participant import KeyRole

CURRENCY = "EUR"
EACH = 10
_SMALLEST, _STEP = 125_000_00, 7_331_07
_PAUSE_SECONDS = 0.25
_ENDED = ("settled", "nothing_to_settle", "not_proposed", "cancelled", "expired", "given_up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Netted:
    """A cycle that settled: how many payments of which value (minor units), each bank's net by its key."""

    payments: int
    value: int
    nets: Mapping[str, int]


def promised(payer: Player) -> Iterator[tuple[Player, int]]:
    """Yield what a bank promises: payee and amount in minor units."""
    place = BANKS.index(payer)
    for number in range(EACH):
        for distance in (1, 2):
            payee = BANKS[(place + distance) % len(BANKS)]
            yield payee, _SMALLEST + _STEP * (place + 1) * (number + 1) * distance


def open_doors(actors: Sequence[Actor], place: Place, ground: Ground) -> None:
    """Register where each bank's node takes letters, by two of the bank's administer keys."""
    for actor in _banks(actors):
        context, door = actor.node.context, actor.node.door
        assert door is not None
        if _endpoints(actor)[actor.player.bic] == door.url:
            continue
        call = own_calls.set_endpoint(context.contracts, door.url)
        ask(
            context.store, context.clock, call,
            role=KeyRole.ADMINISTER, actor="demo", action="endpoint_set",
        )  # fmt: skip
        password = place.secret(actor.player, SECOND_PASSWORD).read_text().strip().encode()
        second = Keystore(place.home(actor.player) / "second-person")
        signer = second.open(password, node_policy(context.contracts), second.addresses())
        sender = DirectSender(ground.chain, context.contracts, signer, ground.clock)
        (key,) = signer.addresses()
        sender.send(key, context.contracts.address(call.contract), call.calldata)
    _await(lambda: all(_endpoints_known(actor, actors) for actor in _banks(actors)), "the doors' addresses")


def _endpoints_known(actor: Actor, actors: Sequence[Actor]) -> bool:
    known = _endpoints(actor)
    return all(
        other.node.door is not None and known[other.player.bic] == other.node.door.url
        for other in _banks(actors)
    )


def _endpoints(actor: Actor) -> dict[str, str | None]:
    listed = actor.system.get("/v1/participants")["participants"]
    return {each["bic"]: each["endpoint"] for each in listed}


def net(actors: Sequence[Actor], place: Place, ground: Ground) -> Netted:
    """Have every bank promise its payments, one call for a cycle, and all affirm; return what settled."""
    banks = _banks(actors)
    for actor in banks:
        actor.system.promise("gross-1", [_payment(actor.player, *each) for each in promised(actor.player)])
    caller = banks[0].system
    _await(lambda: all(_told(actor) for actor in banks), "the promises")
    while not all(each["state"] == "settled" for each in _promises(caller)):
        with suppress(Refused):
            # While the last call goes on, also before a restart, another one is refused.
            caller.call_cycle(f"call-{time.time_ns()}", CURRENCY)
        for actor in banks:
            _affirm_when_due(actor, place)
        _await(lambda: caller.get("/v1/cycles")["calls"][0]["state"] in _ENDED, "the cycle")
    await_final(actors, ground.chain)
    call = next(each for each in caller.get("/v1/cycles")["calls"] if each["state"] == "settled")
    _await(
        lambda: all(actor.system.get(f"/v1/cycles/{call['id']}")["state"] == "settled" for actor in banks),
        "the cycle at every bank",
    )
    found = [actor.system.get(f"/v1/cycles/{call['id']}") for actor in banks]
    amounts = [amount for bank in BANKS for _, amount in promised(bank)]
    return Netted(
        payments=len(amounts),
        value=sum(amounts),
        nets={actor.player.key: int(each["net"]) for actor, each in zip(banks, found, strict=True)},
    )


def _affirm_when_due(actor: Actor, place: Place) -> None:
    """Wait until the bank may affirm the newest call's cycle, and have its approver do so."""

    def due() -> bool:
        newest = actor.system.get("/v1/cycles")["calls"][:1]
        return bool(newest) and (newest[0]["waits_for"] is None or newest[0]["state"] in _ENDED)

    _await(due, "what is to be affirmed")
    newest = actor.system.get("/v1/cycles")["calls"][0]
    if newest["waits_for"] is not None:
        return
    secret = place.secret(actor.player, SECOND_PASSWORD).read_text().strip()
    actor.system.affirm(newest["id"], newest["cycle"], secret=secret, token=actor.tokens[Role.APPROVER.value])


def _banks(actors: Sequence[Actor]) -> list[Actor]:
    return [actor for actor in actors if actor.player in BANKS]


def _told(actor: Actor) -> bool:
    return len(_promises(actor.system)) == 2 * 2 * EACH and all(
        each["state"] != "told" for each in _promises(actor.system)
    )


def _promises(system: Any) -> list[Any]:
    found: list[Any] = system.get("/v1/cycles/payments", limit="1000")["payments"]
    return found


def _payment(payer: Player, payee: Player, amount: int) -> Mapping[str, Any]:
    return {
        "payee": {"bic": payee.bic},
        "amount": str(amount),
        "currency": CURRENCY,
        "end_to_end_id": f"NET-{payer.key[:8]}-{amount}",
    }


def _await(done: Any, what: str) -> None:
    give_up = time.monotonic() + SECONDS_MAX
    while not done():
        if time.monotonic() > give_up:
            raise NotFinal(f"after {SECONDS_MAX:.0f} seconds {what} has not come; see the nodes' log")
        time.sleep(_PAUSE_SECONDS)
