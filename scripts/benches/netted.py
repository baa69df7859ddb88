"""A netting cycle among many nodes in one process: called, agreed, affirmed, settled, in every ledger.

Every node is real: its own store, submitter, follower, post and door, letters by TLS, an approver's key that
opens with a secret. anvil is the chain. Entering the payments is not measured.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import coincurve
import orjson
from stdnum.iso7064 import mod_97_10

from node.bootstrap.build import build
from node.bootstrap.node import Node, Part
from node.chain import own_calls
from node.chain.calls import Admission, KeyTerms
from node.clock import SystemClock, SystemRandom
from node.keys.approvers import ApproverKeystores, Approvers
from node.keys.keystore import Keystore, KeystoreSigner
from node.keys.policy import node_policy
from node.services.actors import Actor, Role
from node.services.answers import request_of
from node.services.cycles.affirmation import affirm_cycle
from node.services.cycles.gross import enter_gross
from node.services.cycles.progress import ask_call
from node.services.cycles.view import get_call, list_calls, list_gross
from node.services.direct import DirectSender
from node.services.founding import Founder
from node.services.requests import PaymentRequest
from node.settings import Settings
from scripts.benches.place import anvil, network_on
from scripts.demonstration.certificates import make_certificate
from scripts.demonstration.place import Place
from settlement.identifiers import BankReference
from settlement.participant import KeyRole, ParticipantKind
from tests.scenario import OPERATOR, THRESHOLD, USD, Member, Network

NODES, PAYMENTS = 20, 10_000
ROUNDS = 3
_SECONDS_MAX = 600.0
_SECRET = b"a bench keeps no secrets"
_APPROVER = Actor(id="approver", name="approver", roles=frozenset({Role.APPROVER}))
_ROLES = {"pay": KeyRole.PAY, "approve": KeyRole.APPROVE, "administer": KeyRole.ADMINISTER,
          "administer too": KeyRole.ADMINISTER}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bank:
    member: Member
    node: Node
    approvers: Approvers


def run() -> Iterator[dict[str, Any]]:
    """Yield the seconds of each cycle, from its call until the last ledger has it, and of its parts."""
    with anvil(20_268_021) as chain, TemporaryDirectory() as folder, ExitStack() as stack:
        network = network_on(chain)
        banks = _banks(network, Place(folder=Path(folder)), stack)
        for number in range(ROUNDS):
            _enter(banks, number)
            for what, seconds in _cycle(banks, number).items():
                case = f"netting cycle, {NODES} nodes: {what}"
                yield {"case": case, "value": round(seconds, 1), "unit": "s", "n": PAYMENTS}


def _banks(network: Network, place: Place, stack: ExitStack) -> list[_Bank]:
    make_certificate(place)
    members = [_member(number) for number in range(NODES)]
    sender = DirectSender(network.chain, network.contracts, network.signer(OPERATOR, *members), network.clock)
    founder = Founder(sender, network.contracts, OPERATOR.key("administer"))
    numbers = [founder.admit(_admission(member), {USD: THRESHOLD}) for member in members]
    founder.open_accounts(asset=USD, holders=numbers)
    banks = [_bank(network, place, member) for member in members]
    for bank, number in zip(banks, numbers, strict=True):
        network.issue(_numbered(bank.member, number), USD, 10**14)
        assert bank.node.door is not None
        call = own_calls.set_endpoint(network.contracts, bank.node.door.url)
        for use in ("administer", "administer too"):
            sender.send(bank.member.key(use), network.contracts.address(call.contract), call.calldata)
        bank.node.start()
        stack.callback(bank.node.stop)
    return banks


def _member(number: int) -> Member:
    letters = f"{chr(65 + number // 26)}{chr(65 + number % 26)}"
    stem = f"549300VOSTRONETT{number:02d}"
    return Member(
        id=0,
        kind=ParticipantKind.BANK,
        bic=f"VN{letters}US33XXX",
        lei=stem + mod_97_10.calc_check_digits(stem),
    )


def _numbered(member: Member, number: int) -> Member:
    return Member(id=number, kind=member.kind, bic=member.bic, lei=member.lei)


def _admission(member: Member) -> Admission:
    keys = tuple(KeyTerms(address=member.key(use), role=role) for use, role in _ROLES.items())
    return Admission(kind=member.kind, bic=member.bic, lei=member.lei, members=(), keys=keys)


def _bank(network: Network, place: Place, member: Member) -> _Bank:
    home = place.folder / member.bic
    settings = Settings(
        bic=member.bic,
        home=home,
        engine="anvil",
        demo=True,
        exchange_port=0,
        exchange_certificate_file=place.certificate,
        exchange_key_file=place.certificate_key,
        exchange_authorities_file=place.certificate,
        exchange_private_targets=True,
        # Sixty loops of idle nodes look five times a second otherwise, all in this one process.
        tick_seconds=0.5,
    )
    home.mkdir()
    key = member.key("pay")
    signer = KeystoreSigner({key: coincurve.PrivateKey(member.secret("pay"))}, node_policy(network.contracts))
    node = build(
        settings,
        clock=SystemClock(),
        random=SystemRandom(),
        chain=network.chain,
        deployment=network.contracts.deployment,
        signer=signer,
        parts={Part.SUBMITTER, Part.FOLLOWER, Part.EXCHANGE},
    )
    # Files as an approver's are made: opening one takes a second of a core.
    Keystore(home / "approvers" / "approver").add(member.secret("approve"), _SECRET)
    approvers = Approvers(ApproverKeystores(home / "approvers"), SystemClock())
    return _Bank(member=member, node=node, approvers=approvers)


def _enter(banks: Sequence[_Bank], number: int) -> None:
    """Have every bank promise as many payments to others, and wait until all are taken."""
    chance = random.Random(number)  # noqa: S311 - a bench, no secret
    for bank in banks:
        others = [each.member.bic for each in banks if each is not bank]
        requests = [
            PaymentRequest(
                payee=BankReference(bic=chance.choice(others)),
                currency="USD",
                amount=str(chance.randrange(1, 10**8)),
                end_to_end_id=f"N{number}-{place}",
                document={"n": place},
            )
            for place in range(PAYMENTS // NODES)
        ]
        context = bank.node.context
        enter_gross(
            context.store, context.settings, context.clock, context.random, actor="bench",
            entered_by="bench", key=f"gross {number}", body=str(number).encode(), requests=requests,
        )  # fmt: skip
    for bank in banks:
        _until(partial(_is_told, bank))


def _waiting(bank: _Bank) -> list[Any]:
    context = bank.node.context
    found, after = [], ""
    while page := list_gross(context.store, context.settings, after=after, limit=1_000):
        found += page
        after = page[-1].id
    return found


def _cycle(banks: Sequence[_Bank], number: int) -> dict[str, float]:
    """Return the seconds until the cycle was made, proposed, settled and in every ledger."""
    context = banks[0].node.context
    started = time.perf_counter()
    call = ask_call(context.store, context.settings, context.clock, context.random, asset=USD, actor="bench")
    times = {}
    _until(partial(_may, banks[0], call))
    times["lists agreed, subtrees built, cycle made"] = time.perf_counter() - started
    _affirm(banks[0], call, number)
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda bank: _affirm_when_due(bank, call, number), banks[1:]))
    times["and affirmed by all"] = time.perf_counter() - started
    for bank in banks:
        _until(partial(_has_settled, bank, call))
    times["and settled, in the ledgers of all"] = time.perf_counter() - started
    settled = sum(each.state == "settled" for each in _waiting(banks[0]) if each.call == call)
    assert settled > PAYMENTS // NODES, "a bank's own, and those that it is paid"
    return times


def _affirm_when_due(bank: _Bank, call: str, number: int) -> None:
    _until(partial(_may, bank, call))
    _affirm(bank, call, number)


def _may(bank: _Bank, call: str) -> bool:
    context = bank.node.context
    newest = list_calls(context.store, context.settings, limit=1)
    if newest and newest[0].id > call:
        raise AssertionError(f"called anew: {newest[0]}")
    return bool(newest) and newest[0].id == call and newest[0].waits_for is None


def _has_settled(bank: _Bank, call: str) -> bool:
    context = bank.node.context
    return get_call(context.store, context.settings, call).state == "settled"


def _is_told(bank: _Bank) -> bool:
    return not any(each.state == "told" for each in _waiting(bank))


def _affirm(bank: _Bank, call: str, number: int) -> None:
    context = bank.node.context
    shown = get_call(context.store, context.settings, call).cycle
    assert shown is not None
    answer = affirm_cycle(
        context.store, context.settings, context.contracts, context.clock, approvers=bank.approvers,
        request=request_of(actor="approver", key=f"affirm {number}", operation="affirm", body=b""),
        actor=_APPROVER, call=call, shown=shown, secret=_SECRET,
    )  # fmt: skip
    assert orjson.loads(answer.body)["call"] == call


def _until(done: Callable[[], bool]) -> None:
    give_up = time.perf_counter() + _SECONDS_MAX
    while not done():
        if time.perf_counter() > give_up:
            raise AssertionError(f"not done in {_SECONDS_MAX:.0f} s")
        time.sleep(0.1)
