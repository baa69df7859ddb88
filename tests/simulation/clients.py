"""Those who ask: they keep what was answered, ask again after a lost answer, and compare (R1, R2)."""

from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import orjson

from node.clock import Clock
from node.clock import Random as Chance
from node.errors import BodyTooLarge, IdempotencyConflict, QueueFull
from node.services.acceptance import accept
from node.services.requests import PaymentRequest
from node.settings import Settings
from node.store.session import Store
from settlement.identifiers import BankReference
from settlement.instruction import InstructionKind
from tests.simulation.chain import ISSUER, PAYEES, bic
from tests.simulation.rules import Query, require

_PLURAL = {
    InstructionKind.PAYMENT: "payments",
    InstructionKind.ISSUE: "issues",
    InstructionKind.REDEMPTION: "redemptions",
}


@dataclass(slots=True, kw_only=True)
class Asked:
    """Instructions asked for together, under one idempotency key, and the first answer."""

    key: str
    kind: InstructionKind
    requests: tuple[PaymentRequest, ...]
    answer: bytes | None = None

    @property
    def body(self) -> bytes:
        """What stands for the body of the HTTP request."""
        return orjson.dumps([[each.end_to_end_id, each.amount, each.uetr] for each in self.requests])

    @property
    def answered(self) -> list[dict[str, str]]:
        """The instructions as answered."""
        assert self.answer is not None
        found: list[dict[str, str]] = orjson.loads(self.answer)[_PLURAL[self.kind]]
        return found


@dataclass(slots=True, kw_only=True)
class Clients:
    """All who ask this node for anything."""

    settings: Settings
    clock: Clock
    chance: Chance
    random: Random
    asked: list[Asked] = field(default_factory=list)
    _count: int = 0

    def ask(self, store: Store) -> None:
        """Ask for something new; what goes wrong underway is asked again by `repeat`."""
        drawn = self.random.random()
        kind = InstructionKind.PAYMENT
        if drawn < 0.1:
            kind = InstructionKind.ISSUE
        elif drawn < 0.2:
            kind = InstructionKind.REDEMPTION
        count = self.random.randint(1, 4) if kind is InstructionKind.PAYMENT else 1
        requests = tuple(self._request(kind) for _ in range(count))
        self.asked.append(Asked(key=f"k{len(self.asked)}", kind=kind, requests=requests))
        self._send(store, self.asked[-1])

    def repeat(self, store: Store) -> None:
        """Ask again: the same, the same under another key, or something else under its key."""
        if not self.asked:
            return
        chosen = self.random.choice(self.asked)
        drawn = self.random.random()
        if drawn < 0.6 or chosen.answer is None:
            self._send(store, chosen)
        elif drawn < 0.8:
            self._send_another(store, chosen)
        else:
            self._send_under_another_key(store, chosen)

    def ask_too_much(self, store: Store) -> None:
        """Ask for more than one request may hold: refused, whole (R9)."""
        asked = Asked(
            key="too much",
            kind=InstructionKind.PAYMENT,
            requests=tuple(
                self._request(InstructionKind.PAYMENT) for _ in range(self.settings.payments_max + 1)
            ),
        )
        try:
            self._accept(store, asked)
        except BodyTooLarge:
            return
        require(False, "R9 payments in a request")

    def repeat_all(self, store: Store) -> None:
        """Ask again for everything: the evening of a client that insists."""
        for asked in self.asked:
            self._send(store, asked)

    def check(self, query: Query) -> None:
        """R2: what was acknowledged is there, as asked; R1: once."""
        rows = {
            row[0]: row for row in query("SELECT id, end_to_end_id, uetr, amount, kind FROM instructions")
        }
        counts: dict[str, int] = {}
        for row in rows.values():
            counts[row[1]] = counts.get(row[1], 0) + 1
        require(all(count == 1 for count in counts.values()), "R1 asked once, accepted twice", counts)
        worked_for = {
            row[0] for row in query("SELECT instruction_id FROM outbox WHERE instruction_id IS NOT NULL")
        }
        require(set(rows) == worked_for, "R2 accepted without a row of the outbox", set(rows) - worked_for)
        for asked in self.asked:
            if asked.answer is None:
                continue
            require(len(asked.answered) == len(asked.requests), "R2 answer", asked)
            for said, request in zip(asked.answered, asked.requests, strict=True):
                row = rows.get(said["id"])
                expected = (
                    said["id"],
                    request.end_to_end_id,
                    said["uetr"],
                    int(request.amount),
                    asked.kind.value,
                )
                require(row is not None and tuple(row) == expected, "R2 acknowledged is kept", expected, row)

    def _send(self, store: Store, asked: Asked) -> None:
        try:
            answer = self._accept(store, asked)
        except QueueFull:
            return
        if asked.answer is None:
            asked.answer = answer
        require(answer == asked.answer, "R1 the same request, the first answer", asked, answer)

    def _send_another(self, store: Store, asked: Asked) -> None:
        other = Asked(key=asked.key, kind=asked.kind, requests=(self._request(asked.kind),))
        try:
            answer = self._accept(store, other)
        except IdempotencyConflict:
            return
        require(False, "R1 another body under a used key", asked, answer)

    def _send_under_another_key(self, store: Store, asked: Asked) -> None:
        if any(each.uetr is None for each in asked.requests):
            return
        self._count += 1
        other = Asked(key=f"again {self._count}", kind=asked.kind, requests=asked.requests)
        try:
            other.answer = self._accept(store, other)
        except QueueFull:
            return
        require(other.answered == asked.answered, "R1 a known UETR", asked, other)
        self.asked.append(other)

    def _accept(self, store: Store, asked: Asked) -> bytes:
        return accept(
            store, self.settings, self.clock, self.chance,
            actor="client", key=asked.key, body=asked.body, requests=asked.requests, kind=asked.kind,
        ).body  # fmt: skip

    def _request(self, kind: InstructionKind) -> PaymentRequest:
        self._count += 1
        payee = ISSUER if kind is InstructionKind.REDEMPTION else self.random.choice(PAYEES)
        own = kind is InstructionKind.ISSUE or (
            kind is InstructionKind.PAYMENT and self.random.random() < 0.1
        )
        name = f"E{self._count}"
        return PaymentRequest(
            payee=BankReference(bic=bic(payee)),
            currency="EUR" if own else "USD",
            amount=str(self._amount()),
            end_to_end_id=name,
            document={"end_to_end_id": name},
            uetr=str(UUID(bytes=self.random.randbytes(16), version=4))
            if self.random.random() < 0.5
            else None,
            urgent=self.random.random() < 0.2,
            queue=self._count % 2 == 0,
        )

    def _amount(self) -> int:
        """Mostly affordable; sometimes more than the bank has, so that it is refused."""
        return self.random.choice((1, 5, 70, 300, 20_000))
