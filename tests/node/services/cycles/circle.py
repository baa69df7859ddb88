"""The three banks of the embedded network with a node each, and the post between them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import RowMapping, select

from node.chain import own_calls
from node.clock import SystemRandom
from node.errors import NodeError
from node.keys.approvers import ApproverKeystores, Approvers
from node.keys.keystore import Keystore
from node.mirror.registry import keys_of
from node.services.actors import Actor, Role
from node.services.answers import request_of
from node.services.cycles.affirmation import affirm_cycle
from node.services.cycles.calling import make_call
from node.services.cycles.gross import enter_gross
from node.services.cycles.handlers import HANDLERS
from node.services.cycles.progress import advance
from node.services.letters.sending import due_letters, record_failure, record_receipt
from node.services.letters.taking import Arrival, take_letter
from node.store.session import Store
from node.store.tables import cycle_calls
from settlement.errors import SettlementError
from settlement.identifiers import BankReference
from settlement.letter import signed, to_sign
from settlement.participant import Key
from tests.node.bank import Bank, request
from tests.scenario import BANKS, USD, Member, Network

_ROUNDS_MAX = 60
_QUIET_ROUNDS = 4
_SECRET = b"erika's secret"
# What the nodes say to each other is the same whatever keeps it, so most tests run on one store.
on_both_stores = pytest.mark.parametrize("circle", ["sqlite", "postgresql"], indirect=True)
OFFICER = Actor(id="anna-1", name="anna", roles=frozenset({Role.OFFICER}))
APPROVER = Actor(id="erika-1", name="erika", roles=frozenset({Role.APPROVER}))


@dataclass(slots=True)
class Circle:
    """Banks in a circle. `lost`: tells of a letter (sender, recipient, what it says) that it is lost."""

    network: Network
    banks: list[Bank]
    folder: Path
    lost: Callable[[int, int, Mapping[str, Any]], bool] = lambda *_: False
    changed: Callable[[dict[str, Any]], dict[str, Any]] = lambda said: said
    keys: int = field(default=0)

    def bank(self, member: Member) -> Bank:
        """A member's node."""
        return next(bank for bank in self.banks if bank.member is member)

    def enter(self, payer: Member, payments: Iterable[tuple[Member, int]]) -> list[str]:
        """Enter gross payments of (payee, amount) in dollars; return their ids."""
        bank = self.bank(payer)
        self.keys += 1
        requests = [
            request(number, payee=BankReference(bic=payee.bic), amount=str(amount))
            for number, (payee, amount) in enumerate(payments)
        ]
        answer = enter_gross(
            bank.store, bank.settings, self.network.clock, SystemRandom(), actor=OFFICER.id,
            entered_by=OFFICER.name, key=f"k{self.keys}", body=str(self.keys).encode(), requests=requests,
        )  # fmt: skip
        return [each["id"] for each in orjson.loads(answer.body)["payments"]]

    def call(self, coordinator: Member = BANKS[0]) -> str:
        """Have a bank call for a cycle in dollars; return the call's id."""
        bank = self.bank(coordinator)
        with bank.store.transaction() as connection:
            return make_call(self.arrival(bank, connection), asset=USD, actor=OFFICER.id)

    def arrival(self, bank: Bank, connection: Any) -> Arrival:
        """What a bank's own services work with."""
        return Arrival(
            connection=connection, settings=bank.settings, clock=self.network.clock, random=SystemRandom(),
            own=bank.member.id, sender=bank.member.id, content={}, handlers=HANDLERS,
        )  # fmt: skip

    def deliver(self) -> int:
        """Deliver what is due once, as the post does; return how many letters that were."""
        return sum(self._deliver_one(bank, sent) for bank in self.banks for sent in self._due(bank))

    def _due(self, bank: Bank) -> list[Any]:
        with bank.store.snapshot() as connection:
            at = int(self.network.clock.now())
            return due_letters(connection, own=bank.member.id, at=at, count=100)

    def _deliver_one(self, bank: Bank, sent: Any) -> int:
        at = int(self.network.clock.now())
        key = bank.member.key("pay")
        given = to_sign(self.changed(dict(sent.said)), key=key)
        letter = signed(given, self.network.signer(bank.member).sign_letter(key, given))
        try:
            if self.lost(bank.member.id, sent.recipient, sent.said):
                raise NodeError("lost")
            receipt = self.take(sent.recipient, letter)
            with bank.store.transaction() as connection:
                record_receipt(connection, sent, letter, receipt, at=at)
        except SettlementError as error:
            with bank.store.transaction() as connection:
                record_failure(connection, sent, error.code, at=at)
            return 0
        return 1

    def take(self, recipient: int, letter: bytes) -> bytes:
        """Have a bank take a letter; return its receipt."""
        bank = next(each for each in self.banks if each.member.id == recipient)
        held = {bank.member.key("pay")}
        key, said = take_letter(
            bank.store,
            bank.settings,
            self.network.clock,
            SystemRandom(),
            letter,
            handlers=HANDLERS,
            held=held,
        )
        given = to_sign(said, key=key)
        return signed(given, self.network.signer(bank.member).sign_letter(key, given))

    def work(self, *, without: Iterable[Member] = ()) -> None:
        """Let all nodes work until nothing moves; some may be away."""
        away = {member.id for member in without}
        there = [bank for bank in self.banks if bank.member.id not in away]
        quiet = 0
        for _ in range(_ROUNDS_MAX):
            # What came too early is sent again a second later.
            self.pass_time(1)
            moved = self.deliver()
            for bank in there:
                bank.run()
                moved += advance(
                    bank.store, bank.settings, self.network.contracts, self.network.clock, SystemRandom()
                )
            quiet = 0 if moved else quiet + 1
            if quiet == _QUIET_ROUNDS:
                return
        raise AssertionError(f"not quiet after {_ROUNDS_MAX} rounds")

    def pass_time(self, seconds: int) -> None:
        """Let time pass at all nodes and on the chain."""
        self.network.clock.timestamp += seconds  # type: ignore[attr-defined]

    def affirm(self, member: Member, call: str, *, actor: Actor = APPROVER) -> None:
        """Have a bank's approver consent to the cycle of a call."""
        bank = self.bank(member)
        keys = ApproverKeystores(self.folder / member.bic, scrypt_n=2)
        self.keys += 1
        affirm_cycle(
            bank.store, bank.settings, self.network.contracts, self.network.clock,
            approvers=Approvers(keys, self.network.clock),
            request=request_of(actor=actor.id, key=f"a{self.keys}", operation="affirm", body=b""),
            actor=actor, call=call, shown=self.row(member, call)["digest"], secret=_SECRET,
        )  # fmt: skip

    def row(self, member: Member, call: str) -> RowMapping:
        """A call as a bank's node has it."""
        with self.bank(member).store.snapshot() as connection:
            query = select(cycle_calls).where(cycle_calls.c.id == call)
            return connection.execute(query).mappings().one()

    def keys_of(self, connection: Any, member: Member) -> list[Key]:
        """A member's registered keys, by a mirror."""
        return keys_of(connection, member.id)

    def calls(self, member: Member) -> list[RowMapping]:
        """All calls that a bank's node knows, the oldest first."""
        with self.bank(member).store.snapshot() as connection:
            return list(connection.execute(select(cycle_calls).order_by(cycle_calls.c.id)).mappings())


def circle_of(network: Network, folder: Path, stores: Iterable[Store]) -> Circle:
    """Return the banks at work, each with an endpoint on the chain and an approver of its own."""
    banks = []
    for member, store in zip(BANKS, stores, strict=True):
        endpoint = own_calls.set_endpoint(network.contracts, f"https://{member.bic.lower()}.example")
        for use in ("administer", "administer too"):
            network.send(member.key(use), endpoint)
        Keystore(folder / member.bic / "erika", scrypt_n=2).add(member.secret("approve"), _SECRET)
        banks.append(Bank(store=store, network=network, member=member))
    for bank in banks:
        bank.follow()
    return Circle(network=network, banks=banks, folder=folder)
