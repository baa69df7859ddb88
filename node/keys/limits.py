"""How much each key signs for on one UTC day, by asset: held at the signer, whatever asks it to sign (R7)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from node.chain.compiled import WORD_BYTES
from node.chain.contracts import SELECTOR_BYTES, Contracts
from node.clock import Clock
from node.errors import DayLimitReached, PolicyRefused
from node.keys.signer import UnsignedTransaction
from node.store.spending import SpendingBook
from settlement.errors import InvalidWord
from settlement.instruction import Terms, keccak, leg_from_word, terms_from_word
from settlement.netting import position_from_word
from settlement.trade import Trade, form_refusal, packed_legs

DAY_SECONDS = 86_400
PAYMENTS_MAX = 500
_PAYMENT_WORDS = 2  # terms, commitment

# The functions that spend what their sender holds, each with how its terms are read. What only answers
# another's instruction (confirming a redemption) or burns a sequence spends nothing.
SPENDING = {
    ("Payments", "pay"),
    ("Settlement", "submit"),
    ("Settlement", "affirm"),
    ("Ledger", "issue"),
    ("Ledger", "requestRedemption"),
    ("Netting", "propose"),
    ("Netting", "affirm"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spent:
    """What a call spends of an asset, in minor units; `word` names it, so that it counts once."""

    word: bytes
    asset: int
    amount: int


class DayLimits:
    """The limits of one signer's keys, each key for itself. Once there are any, other assets are refused."""

    def __init__(
        self, limits: Mapping[int, int], *, contracts: Contracts, clock: Clock, book: SpendingBook
    ) -> None:
        """Take the limits in minor units by asset."""
        self._limits = dict(limits)
        self._clock = clock
        self._book = book
        self._readers = {
            (contracts.address(contract), contracts.selector(contract, function)): _reader(
                contracts, contract, function
            )
            for contract, function in SPENDING
        }

    def count(self, key: bytes, transaction: UnsignedTransaction) -> None:
        """Count what a transaction spends, each payment once however often it is signed.

        Counted before the signature leaves: a crash between the two counts what was never sent, and that is
        not counted again. Raise `DayLimitReached`, with nothing counted; `PolicyRefused` when it can't be
        read; `StoreError`.
        """
        read = self._readers.get((transaction.to or b"", transaction.data[:SELECTOR_BYTES]))
        if read is None:
            return
        asked = {spent.word: spent for spent in read(transaction.data)}
        with self._book.page(key, int(self._clock.now()) // DAY_SECONDS) as page:
            known = page.counted(list(asked))
            fresh = {word: spent for word, spent in asked.items() if word not in known}
            totals = page.totals()
            above = frozenset(
                word for word, spent in fresh.items() if not self._fits(totals, spent.asset, spent.amount)
            )
            if above:
                raise DayLimitReached(self._told(key, fresh, above), words=above)
            if fresh:
                page.add(list(fresh), totals)

    def _fits(self, totals: dict[int, int], asset: int, amount: int) -> bool:
        total = totals.get(asset, 0) + amount
        if total > self._limits.get(asset, 0):
            return False
        totals[asset] = total
        return True

    def _told(self, key: bytes, asked: Mapping[bytes, _Spent], above: frozenset[bytes]) -> str:
        assets = sorted({asked[word].asset for word in above})
        limits = ", ".join(f"{self._limits.get(asset, 0)} in asset {asset}" for asset in assets)
        return (
            f"key 0x{key.hex()} signs for at most {limits} (minor units) on one UTC day: "
            f"{len(above)} of {len(asked)} payments go above it; VOSTRO_KEY_DAY_LIMITS says how much"
        )


def _reader(contracts: Contracts, contract: str, function: str) -> Callable[[bytes], list[_Spent]]:
    """Return how a function's calldata is read."""
    if contract == "Netting":
        return partial(_cycle, contracts, function)
    if contract == "Settlement":
        return partial(_consented, contracts, function)
    return partial(_spent_by, _payments if function == "pay" else _single)


def _spent_by(read: Callable[[bytes], list[Terms]], data: bytes) -> list[_Spent]:
    return [_Spent(word=terms.encoded(), asset=terms.asset, amount=terms.amount) for terms in read(data)]


def _cycle(contracts: Contracts, function: str, data: bytes) -> list[_Spent]:
    """Read a netting cycle. A key does not say whose it is, so the largest debit of any member counts."""
    try:
        (asset, _, number, valid_until, root, words), _ = contracts.arguments("Netting", function, data)
        debit = max(-min((position_from_word(word).net for word in words), default=0), 0)
    except InvalidWord as error:
        raise PolicyRefused(f"a call of Netting.{function} that can't be read: {error.detail}") from None
    word = keccak(root + number.to_bytes(WORD_BYTES, "big") + valid_until.to_bytes(WORD_BYTES, "big"))
    return [_Spent(word=word, asset=asset, amount=debit)]


def _payments(data: bytes) -> list[Terms]:
    """Read the payments of `Payments.pay` in the one layout that the node writes, as the contract does."""
    arguments = data[SELECTOR_BYTES:]
    offset, count = _word_at(arguments, 0), _word_at(arguments, 2)
    if offset != 2 * WORD_BYTES or not 0 < count <= PAYMENTS_MAX:
        raise PolicyRefused("a call of Payments.pay in a layout that no node writes")
    return [_terms(_word_at(arguments, 3 + _PAYMENT_WORDS * number)) for number in range(count)]


def _single(data: bytes) -> list[Terms]:
    """Read the terms that are a function's first argument."""
    return [_terms(_word_at(data[SELECTOR_BYTES:], 0))]


def _consented(contracts: Contracts, function: str, data: bytes) -> list[_Spent]:
    """Read the instructions of `Settlement.submit` or `affirm`, in the one layout that the node writes.

    A payment counts as the terms it has in `pay`: once, whichever way it goes.
    """
    try:
        called = contracts.arguments("Settlement", function, data)
        if contracts.calldata("Settlement", function, *called) != data:
            raise PolicyRefused(f"a call of Settlement.{function} in a layout that no node writes")
        first, urgent, _ = called
        submitted = function == "submit"
        instructions = first if submitted else [first]
        return [
            spent
            for place, (head, commitment, words) in enumerate(instructions)
            for spent in _spent_in(
                Trade(head=head, commitment=commitment, legs=tuple(map(leg_from_word, words))),
                submitted=submitted,
                urgent=bool(int(urgent) >> place & 1),
            )
        ]
    except InvalidWord as error:
        raise PolicyRefused(f"a call of Settlement.{function} that can't be read: {error.detail}") from None


def _spent_in(trade: Trade, *, submitted: bool, urgent: bool) -> list[_Spent]:
    """Return what a consent to an instruction spends.

    A key does not say whose it is: who affirms may be any debtor but the initiator, so the largest counts.
    """
    if submitted and trade.is_payment:
        terms = _payment(trade, urgent=urgent)
        return [_Spent(word=terms.encoded(), asset=terms.asset, amount=terms.amount)]
    if form_refusal(trade) or any(leg.payer_for or leg.payee_for for leg in trade.legs):
        raise PolicyRefused("an instruction that no node writes")
    debtors = [trade.initiator] if submitted else [each for each in trade.debtors if each != trade.initiator]
    outflows = [trade.outflow(debtor) for debtor in debtors]
    name = trade.head.to_bytes(WORD_BYTES, "big") + trade.commitment + packed_legs(trade.legs)
    return [
        _Spent(
            word=keccak(name + bytes([submitted]) + asset.to_bytes(WORD_BYTES, "big")),
            asset=asset,
            amount=max(outflow.get(asset, 0) for outflow in outflows),
        )
        for asset in sorted({asset for outflow in outflows for asset in outflow})
    ]


def _payment(trade: Trade, *, urgent: bool) -> Terms:
    (leg,) = trade.legs
    if leg.payer_for or leg.payee_for:
        raise PolicyRefused("an instruction that is no payment of its initiator's own")
    return Terms(
        sequence=trade.sequence,
        asset=leg.asset,
        payer=leg.payer,
        payee=leg.payee,
        amount=leg.amount,
        urgent=urgent,
    )


def _terms(word: int) -> Terms:
    try:
        return terms_from_word(word)
    except InvalidWord as error:
        raise PolicyRefused(f"a call whose terms can't be read: {error.detail}") from None


def _word_at(data: bytes, place: int) -> int:
    word = data[place * WORD_BYTES : (place + 1) * WORD_BYTES]
    if len(word) != WORD_BYTES:
        raise PolicyRefused("a call that is cut off")
    return int.from_bytes(word, "big")
