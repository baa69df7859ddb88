"""What the contracts of the model remember, and the rules of a payment that all of them ask."""

from dataclasses import dataclass, field, replace
from typing import NoReturn

from eth_abi.abi import encode

from node.chain.contracts import Contracts
from settlement.errors import InvalidWord
from settlement.instruction import Terms, terms_from_word
from tests.node.chain_of_events import CONTRACTS, START


class Reverted(Exception):
    """A call that does nothing; `data` is what it reverts with."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data.hex())
        self.data = data


@dataclass(slots=True, kw_only=True)
class Books:
    """All that the contracts remember. Amounts by (asset, holder); instructions are (initiator, sequence).

    `queue`: what waits, by its digest in these `contracts`; `now`: the block's time in UTC seconds.

    `opened`: the accounts; an account without an entry in `balances` has none.
    """

    keys: dict[bytes, int]
    issuers: dict[int, int]
    balances: dict[tuple[int, int], int] = field(default_factory=dict)
    locked: dict[tuple[int, int], int] = field(default_factory=dict)
    reserves: dict[tuple[int, int], int] = field(default_factory=dict)
    supply: dict[int, int] = field(default_factory=dict)
    used: set[tuple[int, int]] = field(default_factory=set)
    settled: list[tuple[int, int]] = field(default_factory=list)
    redemptions: set[tuple[int, bytes]] = field(default_factory=set)
    queue: dict[bytes, Terms] = field(default_factory=dict)
    contracts: Contracts = CONTRACTS
    now: int = START

    def copy(self) -> "Books":
        """A copy that what happens later leaves alone."""
        return replace(
            self,
            balances=dict(self.balances),
            locked=dict(self.locked),
            reserves=dict(self.reserves),
            supply=dict(self.supply),
            used=set(self.used),
            settled=list(self.settled),
            redemptions=set(self.redemptions),
            queue=dict(self.queue),
        )

    def move(self, asset: int, payer: int, payee: int, amount: int) -> None:
        """Move what is available."""
        self.balances[asset, payer] -= amount
        self.balances[asset, payee] += amount


def word_refusal(books: Books, word: int) -> str | None:
    """Why a payment of this word would not settle."""
    try:
        terms = terms_from_word(word)
    except InvalidWord as error:
        return "AmountOutOfRange" if error.param == "amount" else "MalformedTerms"
    return payment_refusal(books, terms)


def payment_refusal(books: Books, terms: Terms) -> str | None:
    """Why a payment of these terms would not settle."""
    rules = instruction_refusal, payer_refusal, payee_refusal, amount_refusal
    return next((refusal for rule in rules if (refusal := rule(books, terms))), None)


def instruction_refusal(books: Books, terms: Terms) -> str | None:
    """Whether it is one, and new."""
    if terms.payer == terms.payee:
        return "SelfPayment"
    return "SequenceUsed" if (terms.payer, terms.sequence) in books.used else None


def payer_refusal(books: Books, terms: Terms) -> str | None:
    """Whether the payer has an account."""
    return None if (terms.asset, terms.payer) in books.balances else "AccountNotOpen"


def payee_refusal(books: Books, terms: Terms) -> str | None:
    """Whether the payee has one."""
    if (terms.asset, terms.payee) in books.balances:
        return None
    return "PayeeAccountNotOpen" if terms.payee in books.keys.values() else "PayeeUnknown"


def amount_refusal(books: Books, terms: Terms) -> str | None:
    """Whether the payer has the money."""
    place = terms.asset, terms.payer
    held = books.balances.get(place, 0)
    if terms.amount > held:
        return "InsufficientFunds"
    return (
        "ReserveTouched" if terms.amount > held - books.reserves.get(place, 0) and not terms.urgent else None
    )


def use(books: Books, terms: Terms) -> None:
    """Settle under a sequence."""
    books.used.add((terms.payer, terms.sequence))
    books.settled.append((terms.payer, terms.sequence))


def revert(error: str, *arguments: object) -> NoReturn:
    """Revert with a custom error of the contracts."""
    signature = _ERRORS[error]
    raise Reverted(signature.selector + encode(signature.inputs, arguments))


_ERRORS = {error.name: error for error in CONTRACTS._errors.values()}
