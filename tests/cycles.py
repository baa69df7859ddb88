"""The trees of a netting cycle, built from its payments by the contracts' page (contracts/netting.md)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_abi.abi import encode

from settlement.instruction import keccak
from settlement.netting import GrossPayment, PaymentPath
from tests.words import position_word

_PAYMENT = keccak(
    b"Payment(uint256 index,uint64 counter,uint32 payer,uint32 payee,uint64 amount,bytes32 commitment)"
)
_SUBTREE = keccak(b"Subtree(uint32 participant,uint256 count,int64 net,bytes32 root)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """All payments of a cycle, each with its place in its members' subtrees."""

    payments: tuple[GrossPayment, ...]

    @property
    def members(self) -> list[int]:
        """Who pays or is paid, in order."""
        return sorted({member for each in self.payments for member in (each.payer, each.payee)})

    @property
    def positions(self) -> list[int]:
        """The members' positions as they are packed."""
        return [position_word(member, self.net(member), *self._counters(member)) for member in self.members]

    @property
    def root(self) -> bytes:
        """The cycle's root."""
        return _levels([self._subtree(member) for member in self.members])[-1][0]

    def net(self, member: int) -> int:
        """What a member receives less what it pays."""
        received = sum(each.amount for each in self.payments if each.payee == member)
        return received - sum(each.amount for each in self.payments if each.payer == member)

    def path(self, payment: GrossPayment, member: int) -> PaymentPath:
        """Where a payment is in a member's subtree, and where that is in the cycle."""
        own = self._of(member)
        index, place = own.index(payment), self.members.index(member)
        return PaymentPath(
            index=index,
            count=len(own),
            path=_path(self._leaves(member), index),
            subtree_path=_path([self._subtree(each) for each in self.members], place),
        )

    def _of(self, member: int) -> list[GrossPayment]:
        own = [each for each in self.payments if member in (each.payer, each.payee)]
        return sorted(own, key=lambda each: (each.payer, each.counter))

    def _counters(self, member: int) -> tuple[int, int]:
        counters = [each.counter for each in self.payments if each.payer == member]
        return (min(counters), max(counters)) if counters else (0, 0)

    def _leaves(self, member: int) -> list[bytes]:
        kinds = ["bytes32", "uint256", "uint64", "uint32", "uint32", "uint64", "bytes32"]
        return [
            keccak(encode(kinds, [
                _PAYMENT, index, each.counter, each.payer, each.payee, each.amount, each.commitment
            ]))
            for index, each in enumerate(self._of(member))
        ]  # fmt: skip

    def _subtree(self, member: int) -> bytes:
        root = _levels(self._leaves(member))[-1][0]
        kinds = ["bytes32", "uint32", "uint256", "int64", "bytes32"]
        values = [_SUBTREE, member, len(self._of(member)), self.net(member), root]
        return keccak(encode(kinds, values))


def cycle_payments(flows: Iterable[tuple[int, int, int]], *, first: int = 1) -> tuple[GrossPayment, ...]:
    """Payments of (payer, payee, amount), each payer's numbered through from `first`."""
    next_counters: dict[int, int] = {}
    found = []
    for payer, payee, amount in flows:
        counter = next_counters.get(payer, first)
        next_counters[payer] = counter + 1
        made = keccak(b"%d %d" % (payer, counter))
        found.append(GrossPayment(counter=counter, payer=payer, payee=payee, amount=amount, commitment=made))
    return tuple(found)


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1] + [bytes(32)] * (len(levels[-1]) % 2)
        levels.append(
            [keccak(encode(["bytes32", "bytes32"], below[at : at + 2])) for at in range(0, len(below), 2)]
        )
    return levels


def _path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    found = []
    for level in _levels(leaves)[:-1]:
        beside = index ^ 1
        found.append(level[beside] if beside < len(level) else bytes(32))
        index //= 2
    return tuple(found)
