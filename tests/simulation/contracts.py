"""The contracts in plain Python: what Payments, Ledger and Settlement do with the calls that a node sends.

The same bytes in, the same logs and reverts out; `test_contracts` compares with the real ones. Not modelled:
pauses, freezes, limits, thresholds above one key, cut-offs, credit lines.
"""

from collections.abc import Callable

from eth_abi.abi import decode, encode

from node.chain.contracts import REFUSALS
from node.chain.protocol import Log
from settlement.instruction import Terms, terms_from_word
from settlement.money import AMOUNT_MAX
from tests.node.chain_of_events import CONTRACTS, log
from tests.simulation import queueing
from tests.simulation.books import (
    Books,
    Reverted,
    amount_refusal,
    instruction_refusal,
    payee_refusal,
    payer_refusal,
    revert,
    use,
    word_refusal,
)

_SELECTOR_BYTES = 4
_WORD_BYTES = 32


def execute(books: Books, sender: bytes, to: bytes, data: bytes) -> list[Log]:
    """Run a call and return its logs; raise `Reverted` before anything has changed."""
    run = _FUNCTIONS.get((to, data[:_SELECTOR_BYTES]))
    if run is None:
        raise Reverted
    participant = books.keys.get(sender)
    if participant is None:
        revert("KeyUnknown", "0x" + sender.hex())
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
        revert("NotPayer", participant, word)
    logs = []
    for word, commitment in payments:
        refusal = word_refusal(books, word)
        if refusal is not None:
            logs.append(log("Payments", "Refused", word, REFUSALS.index(refusal)))
            continue
        terms = terms_from_word(word)
        use(books, terms)
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
    refusal = instruction_refusal(books, terms) or payee_refusal(books, terms)
    if refusal is not None:
        revert("InstructionRefused", word, REFUSALS.index(refusal))
    use(books, terms)
    books.supply[terms.asset] = books.supply.get(terms.asset, 0) + terms.amount
    books.balances[terms.asset, terms.payee] += terms.amount
    return [log("Ledger", "Issued", word, commitment)]


def _request_redemption(books: Books, participant: int, data: bytes) -> list[Log]:
    word, commitment, _ = decode(["uint256", "bytes32", "(uint32,uint40,bytes)[]"], data)
    terms = _own(books, participant, word)
    _require_issuer(books, terms.asset, terms.payee)
    refusal = instruction_refusal(books, terms) or payer_refusal(books, terms)
    refusal = refusal or amount_refusal(books, terms)
    if refusal is not None:
        revert("InstructionRefused", word, REFUSALS.index(refusal))
    use(books, terms)
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
            revert("RedemptionUnknown", word, commitment)
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
        revert("AccountIsNotOpen", asset, participant)
    books.reserves[asset, participant] = amount
    return [log("Ledger", "ReserveSet", asset, participant, amount)]


def _payer(word: int) -> int:
    return word >> 120 & 2**32 - 1


def _own(books: Books, participant: int, word: int) -> Terms:
    if _payer(word) != participant:
        revert("NotPayer", participant, word)
    return terms_from_word(word)


def _require_issuer(books: Books, asset: int, participant: int) -> None:
    if asset not in books.issuers:
        revert("AssetUnknown", asset)
    if books.issuers[asset] != participant:
        revert("NotIssuer", asset, participant)


def _account(books: Books, asset: int, holder: int) -> tuple[object, ...]:
    place = asset, holder
    balance, reserve = books.balances.get(place, 0), books.reserves.get(place, 0)
    opened = place in books.balances
    limit = AMOUNT_MAX if opened else 0
    urgent = sum(each.urgent and (each.asset, each.payer) == place for each in books.queue.values())
    return balance, reserve, 0, opened, False, False, urgent, limit, limit, 0, 0


def _asset(books: Books, asset: int) -> tuple[object, ...]:
    return 1, 1, asset, books.issuers[asset], 0, books.supply.get(asset, 0), 0, False, False, False


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
        ("Settlement", "submit", queueing.submit),
        ("Settlement", "settle", queueing.settle),
        ("Settlement", "cancel", queueing.cancel),
        ("Settlement", "sweep", queueing.sweep),
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
