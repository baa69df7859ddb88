"""The contracts in plain Python: what Payments and Ledger do with the calls that a node sends.

The same bytes in, the same logs and reverts out; `test_contracts` compares with the real ones. Not modelled:
pauses, freezes, limits, thresholds above one key, cut-offs, credit lines.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NoReturn

from eth_abi.abi import decode, encode

from node.chain.contracts import REFUSALS
from node.chain.protocol import Log
from settlement.errors import InvalidWord
from settlement.instruction import Terms, terms_from_word
from settlement.money import AMOUNT_MAX
from tests.node.chain_of_events import CONTRACTS, log

_SELECTOR_BYTES = 4
_WORD_BYTES = 32


class Reverted(Exception):
    """A call that does nothing; `data` is what it reverts with."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(data.hex())
        self.data = data


@dataclass(slots=True, kw_only=True)
class Books:
    """All that the contracts remember. Amounts by (asset, holder); instructions are (initiator, sequence).

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
        )

    def move(self, asset: int, payer: int, payee: int, amount: int) -> None:
        """Move what is available."""
        self.balances[asset, payer] -= amount
        self.balances[asset, payee] += amount


def execute(books: Books, sender: bytes, to: bytes, data: bytes) -> list[Log]:
    """Run a call and return its logs; raise `Reverted` before anything has changed."""
    run = _FUNCTIONS.get((to, data[:_SELECTOR_BYTES]))
    if run is None:
        raise Reverted
    participant = books.keys.get(sender)
    if participant is None:
        _revert("KeyUnknown", "0x" + sender.hex())
    return run(books, participant, data[_SELECTOR_BYTES:])


def view(books: Books, to: bytes, data: bytes) -> bytes:
    """Answer what reconciliation asks of the Ledger; raise `Reverted` for anything else."""
    found = _VIEWS.get(data[:_SELECTOR_BYTES]) if to == CONTRACTS.address("Ledger") else None
    if found is None:
        raise Reverted
    arguments, answer, returned = found
    return encode(returned, [answer(books, *decode(arguments, data[_SELECTOR_BYTES:]))])


def _pay(books: Books, participant: int, data: bytes) -> list[Log]:
    payments, _ = decode(["(uint256,bytes32)[]", "(uint32,uint40,bytes)[]"], data)
    if any(_payer(word) != participant for word, _ in payments):
        word = next(word for word, _ in payments if _payer(word) != participant)
        _revert("NotPayer", participant, word)
    logs = []
    for word, commitment in payments:
        refusal = _payment_refusal(books, word)
        if refusal is not None:
            logs.append(log("Payments", "Refused", word, REFUSALS.index(refusal)))
            continue
        terms = terms_from_word(word)
        _use(books, terms)
        books.move(terms.asset, terms.payer, terms.payee, terms.amount)
        logs.append(log("Payments", "Paid", word, commitment))
    return logs


def _void(books: Books, participant: int, data: bytes) -> list[Log]:
    (sequences,) = decode(["uint64[]"], data)
    logs = []
    for sequence in sequences:
        if (participant, sequence) not in books.used:
            books.used.add((participant, sequence))
            logs.append(log("Ledger", "Voided", participant, sequence))
    return logs


def _issue(books: Books, participant: int, data: bytes) -> list[Log]:
    word, commitment, _ = decode(["uint256", "bytes32", "(uint32,uint40,bytes)[]"], data)
    terms = _own(books, participant, word)
    _require_issuer(books, terms.asset, participant)
    refusal = _instruction_refusal(books, terms) or _payee_refusal(books, terms)
    if refusal is not None:
        _revert("InstructionRefused", word, REFUSALS.index(refusal))
    _use(books, terms)
    books.supply[terms.asset] = books.supply.get(terms.asset, 0) + terms.amount
    books.balances[terms.asset, terms.payee] += terms.amount
    return [log("Ledger", "Issued", word, commitment)]


def _request_redemption(books: Books, participant: int, data: bytes) -> list[Log]:
    word, commitment, _ = decode(["uint256", "bytes32", "(uint32,uint40,bytes)[]"], data)
    terms = _own(books, participant, word)
    _require_issuer(books, terms.asset, terms.payee)
    refusal = _instruction_refusal(books, terms) or _payer_refusal(books, terms)
    refusal = refusal or _amount_refusal(books, terms)
    if refusal is not None:
        _revert("InstructionRefused", word, REFUSALS.index(refusal))
    _use(books, terms)
    place = terms.asset, terms.payer
    books.balances[place] -= terms.amount
    books.locked[place] = books.locked.get(place, 0) + terms.amount
    books.redemptions.add((word, commitment))
    return [log("Ledger", "RedemptionRequested", word, commitment)]


def _end_redemption(event: str) -> Callable[[Books, int, bytes], list[Log]]:
    def end(books: Books, participant: int, data: bytes) -> list[Log]:
        word, commitment = decode(["uint256", "bytes32"], data[: 2 * _WORD_BYTES])
        if event == "RedemptionWithdrawn":
            terms = _own(books, participant, word)
        else:
            terms = terms_from_word(word)
            _require_issuer(books, terms.asset, participant)
        if (word, commitment) not in books.redemptions:
            _revert("RedemptionUnknown", word, commitment)
        books.redemptions.discard((word, commitment))
        books.locked[terms.asset, terms.payer] -= terms.amount
        if event == "Redeemed":
            books.supply[terms.asset] -= terms.amount
        else:
            books.balances[terms.asset, terms.payer] += terms.amount
        return [log("Ledger", event, word, commitment)]

    return end


def _set_reserve(books: Books, participant: int, data: bytes) -> list[Log]:
    asset, amount = decode(["uint32", "uint64"], data)
    if (asset, participant) not in books.balances:
        _revert("AccountIsNotOpen", asset, participant)
    books.reserves[asset, participant] = amount
    return [log("Ledger", "ReserveSet", asset, participant, amount)]


def _payment_refusal(books: Books, word: int) -> str | None:
    try:
        terms = terms_from_word(word)
    except InvalidWord as error:
        return "AmountOutOfRange" if error.param == "amount" else "MalformedTerms"
    rules = _instruction_refusal, _payer_refusal, _payee_refusal, _amount_refusal
    return next((refusal for rule in rules if (refusal := rule(books, terms))), None)


def _instruction_refusal(books: Books, terms: Terms) -> str | None:
    if terms.payer == terms.payee:
        return "SelfPayment"
    return "SequenceUsed" if (terms.payer, terms.sequence) in books.used else None


def _payer_refusal(books: Books, terms: Terms) -> str | None:
    return None if (terms.asset, terms.payer) in books.balances else "AccountNotOpen"


def _payee_refusal(books: Books, terms: Terms) -> str | None:
    if (terms.asset, terms.payee) in books.balances:
        return None
    return "PayeeAccountNotOpen" if terms.payee in books.keys.values() else "PayeeUnknown"


def _amount_refusal(books: Books, terms: Terms) -> str | None:
    place = terms.asset, terms.payer
    held = books.balances.get(place, 0)
    if terms.amount > held:
        return "InsufficientFunds"
    return (
        "ReserveTouched" if terms.amount > held - books.reserves.get(place, 0) and not terms.urgent else None
    )


def _payer(word: int) -> int:
    return word >> 120 & 2**32 - 1


def _own(books: Books, participant: int, word: int) -> Terms:
    if _payer(word) != participant:
        _revert("NotPayer", participant, word)
    return terms_from_word(word)


def _require_issuer(books: Books, asset: int, participant: int) -> None:
    if asset not in books.issuers:
        _revert("AssetUnknown", asset)
    if books.issuers[asset] != participant:
        _revert("NotIssuer", asset, participant)


def _use(books: Books, terms: Terms) -> None:
    books.used.add((terms.payer, terms.sequence))
    books.settled.append((terms.payer, terms.sequence))


def _revert(error: str, *arguments: object) -> NoReturn:
    signature = _ERRORS[error]
    raise Reverted(signature.selector + encode(signature.inputs, arguments))


def _account(books: Books, asset: int, holder: int) -> tuple[object, ...]:
    place = asset, holder
    balance, reserve = books.balances.get(place, 0), books.reserves.get(place, 0)
    opened = place in books.balances
    limit = AMOUNT_MAX if opened else 0
    return balance, reserve, 0, opened, False, False, 0, limit, limit, 0, 0


def _asset(books: Books, asset: int) -> tuple[object, ...]:
    return 1, 1, asset, books.issuers[asset], 0, books.supply.get(asset, 0), 0, False, False, False


_ERRORS = {error.name: error for error in CONTRACTS._errors.values()}
_FUNCTIONS: dict[tuple[bytes, bytes], Callable[[Books, int, bytes], list[Log]]] = {
    (CONTRACTS.address(contract), CONTRACTS.selector(contract, function)): run
    for contract, function, run in (
        ("Payments", "pay", _pay),
        ("Ledger", "void", _void),
        ("Ledger", "issue", _issue),
        ("Ledger", "requestRedemption", _request_redemption),
        ("Ledger", "confirmRedemption", _end_redemption("Redeemed")),
        ("Ledger", "refuseRedemption", _end_redemption("RedemptionRefused")),
        ("Ledger", "withdrawRedemption", _end_redemption("RedemptionWithdrawn")),
        ("Ledger", "setReserve", _set_reserve),
    )
}
_VIEWS = {
    CONTRACTS.selector("Ledger", name): (
        CONTRACTS._functions["Ledger"][name].inputs,
        answer,
        CONTRACTS._functions["Ledger"][name].outputs,
    )
    for name, answer in (
        ("accountOf", _account),
        ("lockedOf", lambda books, asset, holder: books.locked.get((asset, holder), 0)),
        ("assetOf", _asset),
    )
}
