"""The contracts of one deployment: calls into bytes, bytes into events, answers and errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode as decode_abi
from eth_abi.abi import encode as encode_abi
from eth_abi.exceptions import DecodingError, EncodingError

from node.chain.compiled import WORD_BYTES, artifact
from node.chain.deployment import Deployment
from node.chain.protocol import Chain, Log
from node.errors import ContractRefused, MalformedAnswer, UndecodableLog, kind_of
from settlement.errors import InvalidWord
from settlement.events import Event, Layout, abi_type, decode, layouts
from settlement.instruction import Terms, keccak

SELECTOR_BYTES = 4

# The enum `Refusal` of contracts/src/types/Instruction.sol, by number; a test compares them.
REFUSALS = (
    "None",
    "MalformedTerms",
    "AmountOutOfRange",
    "SelfPayment",
    "SequenceUsed",
    "PayerSuspended",
    "OutgoingStopped",
    "AccountNotOpen",
    "AccountFrozen",
    "PayeeUnknown",
    "PayeeAccountNotOpen",
    "InstructionLimit",
    "DayLimit",
    "InsufficientFunds",
    "ReserveTouched",
    "BilateralLimit",
    "ApprovalMissing",
    "ApprovalExpired",
    "ApprovalInvalid",
    "ApprovalTooLong",
    "CutOff",
    "LegsOutOfRange",
    "InitiatorNotParty",
    "TooManyDebtors",
    "SponsorMismatch",
    "NotParty",
    "TooManyProposals",
    "Lapsed",
    "NotYetValid",
    "NotWaiting",
    "ConsentMissing",
    "Held",
    "SetUnordered",
    "SetTooLarge",
    "UrgentWaiting",
    "AcceptanceNeeded",
    "CounterNotNext",
)

# Those that pass by themselves, money coming and days ending: what the queue waits for (`passes`, likewise).
PASSING = frozenset({"DayLimit", "InsufficientFunds", "ReserveTouched", "BilateralLimit"})

# What Solidity itself reverts with (its documentation, "Error handling").
_BUILT_IN = (
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)


def refusal_name(number: int) -> str:
    """Return the name of a `Refusal`, as in Solidity; raise `InvalidWord` for a number there is none of."""
    if not 0 <= number < len(REFUSALS):
        raise InvalidWord(f"{number} is no refusal of these contracts", param="reason")
    return REFUSALS[number]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    """A function or an error: how it is called, and the ABI types of what goes in and comes out."""

    name: str
    selector: bytes
    inputs: tuple[str, ...]
    names: tuple[str, ...]
    outputs: tuple[str, ...]


class Contracts:
    """The ABI and addresses of one deployment. Made once, then only read; safe for several threads."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._functions: dict[str, dict[str, _Signature]] = {}
        self._layouts: dict[bytes, dict[bytes, Layout]] = {}
        self._errors = {error.selector: error for error in _signatures(_BUILT_IN, "error")}
        for name, address in deployment.contracts.items():
            abi = artifact(name).abi
            self._functions[name] = {each.name: each for each in _signatures(abi, "function")}
            self._errors |= {error.selector: error for error in _signatures(abi, "error")}
            self._layouts[address] = layouts(name, abi)

    def address(self, contract: str) -> bytes:
        """Return the 20-byte address of a contract."""
        return self.deployment.contracts[contract]

    def selector(self, contract: str, function: str) -> bytes:
        """Return the first four bytes of a function's calldata."""
        return self._functions[contract][function].selector

    def calldata(self, contract: str, function: str, *arguments: Any) -> bytes:
        """Encode a call; raise `InvalidWord` for arguments that do not fit the ABI. Structs are tuples."""
        called = self._functions[contract][function]
        try:
            return called.selector + encode_abi(called.inputs, arguments)
        except (EncodingError, TypeError, ValueError, OverflowError) as error:
            raise InvalidWord(f"{contract}.{function}: {error}", param=function) from None

    def called(self, contract: str, data: bytes) -> str:
        """Return what a call of a contract says, for people: the function's name and its arguments."""
        for called in self._functions[contract].values():
            if called.selector == data[:SELECTOR_BYTES]:
                break
        else:
            return "0x" + data.hex()
        try:
            arguments = decode_abi(called.inputs, data[SELECTOR_BYTES:])
        except DecodingError:
            return f"{called.name} with arguments it does not have"
        return f"{called.name}({_list(called.names, arguments)})"

    def arguments(self, contract: str, function: str, data: bytes) -> tuple[Any, ...]:
        """Read the arguments back from calldata of this function; raise `InvalidWord`. Structs are tuples."""
        try:
            return decode_abi(self._functions[contract][function].inputs, data[SELECTOR_BYTES:])
        except DecodingError as error:
            raise InvalidWord(f"{contract}.{function}: {error}", param=function) from None

    def pay_calldata(
        self, payments: Sequence[tuple[Terms, bytes]], approvals: Sequence[tuple[int, int, bytes]] = ()
    ) -> bytes:
        """Encode `Payments.pay`: (terms, 32-byte commitment) each; approvals as (index, deadline, signature).

        Without approvals, as nearly always, by hand in the same layout.
        """
        if approvals:
            words = [(terms.word(), commitment) for terms, commitment in payments]
            return self.calldata("Payments", "pay", words, approvals)
        # Two offsets (the list of payments starts behind them), the list, and an empty list of approvals.
        parts = [
            self._functions["Payments"]["pay"].selector,
            _word(2 * WORD_BYTES),
            _word((3 + 2 * len(payments)) * WORD_BYTES),
            _word(len(payments)),
        ]
        for terms, commitment in payments:
            parts += (terms.encoded(), commitment)
        parts.append(_word(0))
        return b"".join(parts)

    def read(
        self, chain: Chain, contract: str, function: str, *arguments: Any, height: int | None = None
    ) -> Any:
        """Call a view after a block (None: the newest); return its value, or a tuple of several.

        Structs are tuples. Raise `ContractRefused`, named.
        """
        data = self.calldata(contract, function, *arguments)
        try:
            answer = chain.call(self.address(contract), data, height=height)
        except ContractRefused as refused:
            raise self.error(refused.data) from None
        try:
            values = decode_abi(self._functions[contract][function].outputs, answer)
        except DecodingError as error:
            raise MalformedAnswer(f"{contract}.{function} answered {answer.hex()[:64]}: {error}") from None
        return values[0] if len(values) == 1 else values

    def layout(self, log: Log) -> Layout | None:
        """Return which event a log is; None when it is not of our contracts. Raise `UndecodableLog`."""
        events = self._layouts.get(log.address)
        if events is None:
            return None
        found = events.get(log.topics[0]) if log.topics else None
        if found is None:
            raise UndecodableLog(
                f"log {log.index} of {log.address.hex()} is no event of ours: stop and compare"
            )
        return found

    def decode(self, log: Log) -> Event | None:
        """Return the event a log is; None when it is not of our contracts. Raise `UndecodableLog`."""
        layout = self.layout(log)
        if layout is None:
            return None
        try:
            return decode(layout, log.topics, log.data)
        except InvalidWord as error:
            raise UndecodableLog(f"log {log.index} of {log.address.hex()}: {error.detail}") from None

    def error(self, data: bytes) -> ContractRefused:
        """Return what the raw data of a revert says: the custom error's name and its arguments."""
        known = self._errors.get(data[:SELECTOR_BYTES])
        if known is None:
            detail = (
                f"a contract reverted with {data.hex()[:128]}" if data else "a contract reverted silently"
            )
            return ContractRefused(
                detail, error="0x" + data[:SELECTOR_BYTES].hex() if data else "", data=data
            )
        try:
            arguments = decode_abi(known.inputs, data[SELECTOR_BYTES:])
        except DecodingError:
            return ContractRefused(
                f"{known.name} with arguments it does not have", error=known.name, data=data
            )
        kind, told = kind_of(known.name), f"{known.name}({_list(known.names, arguments)})"
        return kind(f"{told}: {kind.remedy}", error=known.name, arguments=arguments, data=data)


def _signatures(abi: Iterable[Mapping[str, Any]], kind: str) -> Iterable[_Signature]:
    for entry in abi:
        if entry["type"] == kind:
            inputs = tuple(abi_type(argument) for argument in entry["inputs"])
            yield _Signature(
                name=entry["name"],
                selector=keccak(f"{entry['name']}({','.join(inputs)})".encode("ascii"))[:SELECTOR_BYTES],
                inputs=inputs,
                names=tuple(argument["name"] for argument in entry["inputs"]),
                outputs=tuple(abi_type(argument) for argument in entry.get("outputs", ())),
            )


def _list(names: Sequence[str], values: Sequence[object]) -> str:
    return ", ".join(f"{name}={_told(name, value)}" for name, value in zip(names, values, strict=True))


def _told(name: str, value: object) -> object:
    if name == "reason" and isinstance(value, int) and value < len(REFUSALS):
        return refusal_name(value)
    if isinstance(value, tuple | list):
        return [_told(name, each) for each in value]
    return "0x" + value.hex() if isinstance(value, bytes) else value


def _word(number: int) -> bytes:
    return number.to_bytes(WORD_BYTES, "big")
