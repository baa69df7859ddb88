"""Several RPC endpoints of one chain as one: the first that is in step is asked, the others stand by.

An endpoint that fails is left alone for a while, longer each time. One that knows less than has been
heard already (a lower head, a lower nonce, no receipt) is not believed while another knows more.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import structlog

from node.chain.protocol import Block, Chain, Fees, Receipt, Transaction
from node.chain.rpc import RpcChain
from node.clock import Clock
from node.errors import (
    BlockNotFound,
    ChainBusy,
    ChainError,
    ChainUnavailable,
    MalformedAnswer,
    WrongChain,
    WrongGenesis,
)

PAUSE_SECONDS = 1
PAUSE_SECONDS_MAX = 300
# An endpoint that hangs takes a tenth of the time at most.
_PAUSES_PER_WAIT = 10
# How often every endpoint is asked for its head, so that one that fell behind unnoticed is left.
COMPARE_SECONDS = 10

_Answer = TypeVar("_Answer")
_FAILURES = (ChainUnavailable, ChainBusy, WrongChain, WrongGenesis)
_log = structlog.get_logger("vostro.chain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which chain it must be."""

    chain_id: int
    genesis_hash: bytes


@dataclass(slots=True, kw_only=True, eq=False)
class _Member:
    """An endpoint, and what is known of it. `name` says which one it is without its credentials."""

    name: str
    chain: RpcChain
    verified: bool = False
    failed_at: float = 0.0
    pause: float = 0.0

    def rests(self, now: float) -> bool:
        """Tell whether it is left alone; a clock that went back ends that."""
        return 0 <= now - self.failed_at < self.pause


class FailoverChain:
    """Asks each endpoint once at most for one answer. Safe for several threads."""

    def __init__(
        self, endpoints: Sequence[tuple[str, RpcChain]], *, clock: Clock, identity: Identity | None
    ) -> None:
        """Take endpoints by name, the preferred first; `identity` None: that of the first that answers."""
        self._members = [_Member(name=name, chain=chain) for name, chain in endpoints]
        self._clock = clock
        self._identity = identity
        self._current = self._members[0]
        self._heard: dict[Hashable, int] = {}
        self._compared_at: float | None = None
        self._lock = Lock()

    def close(self) -> None:
        """Close all connections."""
        for member in self._members:
            member.chain.close()

    @property
    def engine(self) -> str:
        """Return the engine's name."""
        return self._current.chain.engine

    @property
    def finality(self) -> str:
        """Return the engine's finality rule in words."""
        return self._current.chain.finality

    def chain_id(self) -> int:
        """Ask which chain is served; raise `WrongChain` when every endpoint serves another than expected."""
        return self._ask(lambda chain: chain.chain_id())

    def genesis_hash(self) -> bytes:
        """Return the hash of block 0."""
        return self._ask(lambda chain: chain.genesis_hash())

    def final_height(self) -> int:
        """Return the height of the newest final block that any endpoint in reach has."""
        now = self._clock.now()
        since = None if self._compared_at is None else now - self._compared_at
        if since is None or not 0 <= since < COMPARE_SECONDS:
            self._compared_at = now
            return self._at_least("head", lambda chain: chain.final_height(), all_of_them=True)
        return self._at_least("head", lambda chain: chain.final_height())

    def block(self, height: int) -> Block:
        """Return a block with all its receipts; raise `BlockNotFound`."""
        return self._ask(lambda chain: chain.block(height))

    def blocks(self, first: int, last: int) -> list[Block]:
        """Return the blocks of a range, all from one endpoint."""
        return self._ask(lambda chain: chain.blocks(first, last))

    def block_hash(self, height: int) -> bytes:
        """Return the hash of a block; raise `BlockNotFound`."""
        return self._ask(lambda chain: chain.block_hash(height))

    def nonce(self, address: bytes) -> int:
        """Return the next nonce of an address as mined, never below what was heard before if one knows it."""
        return self._at_least(address, lambda chain: chain.nonce(address))

    def balance(self, address: bytes) -> int:
        """Return the balance of an address at the newest block, in wei."""
        return self._ask(lambda chain: chain.balance(address))

    def fees(self) -> Fees:
        """Return what the engine's fee policy offers now."""
        return self._ask(lambda chain: chain.fees())

    def send(self, raw: bytes) -> None:
        """Hand over a signed transaction to one endpoint; the same bytes to the next when that fails."""
        self._ask(lambda chain: chain.send(raw))

    def receipt(self, transaction_hash: bytes) -> Receipt | None:
        """Return the receipt of a mined transaction; None only when no endpoint in reach has it."""
        return self._ask(lambda chain: chain.receipt(transaction_hash), enough=_is_there, rank=_is_there)

    def transaction(self, height: int, index: int) -> Transaction:
        """Return a transaction by its place in a block; raise `BlockNotFound`."""
        return self._ask(lambda chain: chain.transaction(height, index))

    def call(
        self, to: bytes, data: bytes, *, sender: bytes | None = None, height: int | None = None
    ) -> bytes:
        """Run a view after a block (None: the newest); raise `ContractRefused` with what it reverted."""
        return self._ask(lambda chain: chain.call(to, data, sender=sender, height=height))

    def code(self, address: bytes) -> bytes:
        """Return the code at an address, empty where there is none."""
        return self._ask(lambda chain: chain.code(address))

    def each(self, question: Callable[[RpcChain], _Answer]) -> dict[str, _Answer]:
        """Return what every endpoint in reach answers, by its name; one that fails is left alone for a while.

        Who is not in it rests, failed, or has no such block.
        """
        found: dict[str, _Answer] = {}
        for member in self._members:
            started = self._clock.now()
            if member.rests(started):
                continue
            try:
                self._require_right(member)
                found[member.name] = question(member.chain)
            except BlockNotFound:
                continue
            except _FAILURES as error:
                self._rest(member, error, started)
                continue
            member.pause = 0
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all endpoints, the preferred first."""
        return tuple(member.name for member in self._members)

    def _at_least(
        self, about: Hashable, question: Callable[[Chain], int], *, all_of_them: bool = False
    ) -> int:
        """Return a number that only grows: the first that is not below what was heard, else the highest."""
        heard = self._heard.get(about, 0)

        def enough(answer: int) -> bool:
            return not all_of_them and answer >= heard

        answer = self._ask(question, enough=enough, rank=int)
        with self._lock:
            self._heard[about] = max(answer, self._heard.get(about, 0))
        return answer

    def _ask(
        self,
        question: Callable[[RpcChain], _Answer],
        *,
        enough: Callable[[_Answer], bool] = lambda _: True,
        rank: Callable[[_Answer], int] = lambda _: 0,
    ) -> _Answer:
        """Return the first answer that is enough, else that of the highest rank; go on asking who gave it.

        Raise what the endpoints said when none answers.
        """
        answers: list[tuple[_Answer, _Member]] = []
        errors: list[tuple[_Member, ChainError]] = []
        for member in self._in_turn():
            started = self._clock.now()
            if answers and member.rests(started):
                break
            try:
                self._require_right(member)
                answers.append((question(member.chain), member))
            except BlockNotFound as error:
                errors.append((member, error))
                continue
            except _FAILURES as error:
                self._rest(member, error, started)
                errors.append((member, error))
                continue
            member.pause = 0
            if enough(answers[-1][0]):
                break
        if not answers:
            raise _joined(errors)
        best, giver = max(answers, key=lambda answer: rank(answer[0]))
        if giver is not self._current:
            _log.info("endpoint_changed", endpoint=giver.name, before=self._current.name)
            self._current = giver
        return best

    def _in_turn(self) -> Iterator[_Member]:
        """Yield the endpoint in use, the others that don't rest, and then those that do."""
        now, current = self._clock.now(), self._current
        yield from sorted(self._members, key=lambda member: (member.rests(now), member is not current))

    def _require_right(self, member: _Member) -> None:
        """Refuse an endpoint of another chain, by asking it once after each failure."""
        if member.verified:
            return
        served = Identity(chain_id=member.chain.chain_id(), genesis_hash=member.chain.genesis_hash())
        with self._lock:
            wanted = self._identity = self._identity or served
        if served.chain_id != wanted.chain_id:
            raise WrongChain(
                f"{member.name} serves chain {served.chain_id}, not {wanted.chain_id}; check VOSTRO_RPC_URL"
            )
        if served.genesis_hash != wanted.genesis_hash:
            raise WrongGenesis(
                f"{member.name} serves a chain that starts with {served.genesis_hash.hex()}, "
                f"not {wanted.genesis_hash.hex()}: another chain of the same number"
            )
        member.verified = True

    def _rest(self, member: _Member, error: ChainError, started: float) -> None:
        """Leave an endpoint alone: longer each time, and longer the more time it has cost."""
        now = self._clock.now()
        pause = max(member.pause * 2, PAUSE_SECONDS, (now - started) * _PAUSES_PER_WAIT)
        member.verified, member.failed_at, member.pause = False, now, min(pause, PAUSE_SECONDS_MAX)
        _log.warning("endpoint_failed", endpoint=member.name, code=error.code, detail=error.detail)


def _is_there(found: Receipt | None) -> bool:
    return found is not None


def _joined(errors: Sequence[tuple[_Member, ChainError]]) -> ChainError:
    """Return the one error that says most carefully what several endpoints said.

    Where one may have taken what was sent, nobody says that it was not.
    """
    for kind in (ChainUnavailable, ChainBusy, BlockNotFound):
        of_kind = [error for _, error in errors if isinstance(error, kind)]
        if not of_kind:
            continue
        if len(errors) == 1:
            return of_kind[0]
        told = MalformedAnswer if all(isinstance(error, MalformedAnswer) for error in of_kind) else kind
        return told("; ".join(f"{member.name}: {error.detail}" for member, error in errors))
    return errors[0][1]
