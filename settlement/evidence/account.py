"""The entries of an account, derived from every event of the contracts that hold value."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from settlement.errors import ImpossibleBalance, InvalidWord, UnpostedEvent, UnprovenClaim
from settlement.events import Event, decode
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.declared import layout_of
from settlement.evidence.history import AccountSubject
from settlement.evidence.receipts import ReceiptBody, ReceiptLog
from settlement.instruction import initiator_and_sequence
from settlement.netting import Cycle
from settlement.posting import STILL, Bucket, Posting, moves_value, postings


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """A posting on the account. `log_index` counts the block's logs, `line` the postings of an event.

    `initiator` and `sequence` are None where the event speaks of no instruction.
    """

    height: int
    log_index: int
    line: int
    event: str
    initiator: int | None
    sequence: int | None
    bucket: Bucket
    counterparty: int
    amount: int
    balance: int


class Account:
    """An account on its way through the blocks; `take` is given each entry in the order of the chain."""

    def __init__(
        self,
        subject: AccountSubject,
        checkpoint: Checkpoint,
        *,
        first: int,
        take: Callable[[AccountEntry], None],
    ) -> None:
        self._subject = subject
        self._take = take
        self._balances = dict(subject.opening)
        self._count = 0
        self._addresses = frozenset(each.address for each in checkpoint.contracts.values())
        self._contracts = {checkpoint.address(name): name for name in STILL}
        self._cycles = _by_digest(subject.cycles, checkpoint)
        self._unsettled = set(self._cycles)
        if first == 0 and any(self._balances.values()):
            raise UnprovenClaim("before the first block of a chain nobody holds anything")
        self._require_possible("before the first block")

    def read(self, height: int, _timestamp: int, receipts: Iterable[ReceiptBody]) -> None:
        """Read all receipts of the next block; raise `UnprovenClaim` for what the contracts can't say."""
        index = 0
        for receipt in receipts:
            for log in receipt.logs:
                contract = self._contracts.get(log.address)
                if contract is not None:
                    self._read_log(height, index, contract, log)
                index += 1

    def found(self) -> str:
        """Return what the entries come to; raise `UnprovenClaim` unless it is what the file says."""
        if self._unsettled:
            raise UnprovenClaim(f"it has {len(self._unsettled)} cycles that did not settle in the range")
        told = []
        for bucket in Bucket:
            opening, closing = self._subject.opening[bucket], self._balances[bucket]
            if closing != self._subject.closing[bucket]:
                raise UnprovenClaim(
                    f"the entries lead to {closing} {bucket}, the file says {self._subject.closing[bucket]}"
                )
            told.append(f"{bucket} from {opening} to {closing}")
        return f"{self._count} entries; minor units {', '.join(told)}"

    def _read_log(self, height: int, index: int, contract: str, log: ReceiptLog) -> None:
        layout = layout_of(contract, log.topics, height)
        try:
            if layout.name == "ModuleAccepted":
                self._require_known(height, decode(layout, log.topics, log.data))
            if not moves_value(contract, layout.name):
                return
            event = self._completed(decode(layout, log.topics, log.data))
            made = postings(event)
        except (ImpossibleBalance, InvalidWord, UnpostedEvent) as error:
            raise UnprovenClaim(f"log {index} of block {height}: {error.detail}") from None
        for line, posting in enumerate(made):
            if (posting.asset, posting.participant) == (self._subject.asset, self._subject.participant):
                self._enter(height, index, line, event, posting)

    def _enter(self, height: int, index: int, line: int, event: Event, posting: Posting) -> None:
        self._balances[posting.bucket] += posting.amount
        self._require_possible(f"after log {index} of block {height}")
        self._count += 1
        initiator, sequence = _instruction(event)
        self._take(
            AccountEntry(
                height=height,
                log_index=index,
                line=line,
                event=event.name,
                initiator=initiator,
                sequence=sequence,
                bucket=posting.bucket,
                counterparty=posting.counterparty,
                amount=posting.amount,
                balance=self._balances[posting.bucket],
            )
        )

    def _completed(self, event: Event) -> Event:
        """Return an event with what the postings need; what settles a cycle only names it."""
        if event.name != "CycleSettled":
            return event
        cycle = self._cycles.get(event.fields["digest"])
        if cycle is None:
            raise UnprovenClaim("a cycle settled in the range that the file does not have")
        self._unsettled.discard(event.fields["digest"])
        fields = {**event.fields, "asset": cycle.asset, "positions": cycle.position_words}
        return Event(contract=event.contract, name=event.name, fields=fields)

    def _require_known(self, height: int, event: Event) -> None:
        module = event.fields["module"]
        if module not in self._addresses:
            raise UnprovenClaim(
                f"since block {height} the ledger trusts a module that the checkpoint does not name: what it "
                "moved is not known"
            )

    def _require_possible(self, when: str) -> None:
        if self._balances[Bucket.LOCKED] < 0 or self._balances[Bucket.ISSUED] > 0:
            raise UnprovenClaim(f"{when} less than nothing would be locked, or owed by the issuer")


def _by_digest(cycles: Iterable[Cycle], checkpoint: Checkpoint) -> dict[Any, Cycle]:
    ledger, netting = (checkpoint.address(name) for name in ("Ledger", "Netting"))
    return {
        cycle.digest(chain_id=checkpoint.chain_id, ledger=ledger, netting=netting): cycle for cycle in cycles
    }


def _instruction(event: Event) -> tuple[int | None, int | None]:
    fields: Mapping[str, Any] = event.fields
    if "terms" in fields:
        return event.terms.payer, event.terms.sequence
    return initiator_and_sequence(fields["head"]) if "head" in fields else (None, None)
