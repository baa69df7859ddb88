"""Calls, events and errors of one deployment, by ABI."""

import re
from pathlib import Path

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from node.chain.compiled import CONTRACTS, artifact
from node.chain.contracts import PASSING, REFUSALS, Contracts, refusal_name
from node.chain.deployment import Deployment
from node.chain.protocol import Log
from node.errors import ContractRefused, MalformedAnswer, UndecodableLog
from settlement.errors import BrokenRule, InvalidWord
from settlement.events import abi_type
from settlement.instruction import Terms, keccak
from tests.node.chain.transactions import SOMEBODY
from tests.scenario import BANKS, EUR, USD, Network

_CONTRACTS = Contracts(
    Deployment(
        chain_id=1,
        genesis_hash=bytes(32),
        contracts={name: keccak(name.encode())[12:] for name in CONTRACTS},
        demo=True,
    )
)
_u32 = st.integers(1, 2**32 - 1)
_terms = st.builds(
    Terms,
    sequence=st.integers(0, 2**64 - 1),
    asset=_u32,
    payer=_u32,
    payee=_u32,
    amount=st.integers(1, 2**63 - 1),
    urgent=st.booleans(),
)


@given(st.lists(st.tuples(_terms, st.binary(min_size=32, max_size=32)), max_size=20))
def test_fixed_layout_of_pay(payments: list[tuple[Terms, bytes]]) -> None:
    """The fast encoding of a batch has the very bytes of the ABI's encoding."""
    words = [(terms.word(), commitment) for terms, commitment in payments]

    assert _CONTRACTS.calldata("Payments", "pay", words, []) == _CONTRACTS.pay_calldata(payments)


@pytest.mark.parametrize(
    "arguments",
    [(), (1, 2, 3), ("x", 1), (2**32, 1), (-1, 1), (None, 1)],
    ids=["none", "many", "text", "large", "negative", "null"],
)
def test_arguments_that_do_not_fit(arguments: tuple[object, ...]) -> None:
    """Arguments that a function does not have, or that do not fit its types, are never sent."""
    with pytest.raises(InvalidWord):
        _CONTRACTS.calldata("Ledger", "openAccount", *arguments)


def test_refusals_are_soliditys(root: Path) -> None:
    """The names of refusals are the Solidity enum's, in its order."""
    source = (root / "contracts/src/types/Instruction.sol").read_text()
    found = re.search(r"enum Refusal \{(.*?)\}", source, re.DOTALL)
    assert found is not None

    assert REFUSALS == tuple(name.strip() for name in found[1].split(","))


def test_what_passes_is_what_the_queue_waits_for(root: Path) -> None:
    """What the node sends to the queue is what the contracts say passes by itself."""
    source = (root / "contracts" / "src" / "types" / "Instruction.sol").read_text()
    found = re.search(r"return refusal >= Refusal\.(\w+) && refusal <= Refusal\.(\w+);", source)
    assert found is not None
    first, last = (REFUSALS.index(name) for name in found.groups())
    assert PASSING == set(REFUSALS[first : last + 1])


def test_refusal_name() -> None:
    """A number has its name; one beyond the list is no refusal of ours."""
    assert "InsufficientFunds" == refusal_name(13)
    for number in (-1, len(REFUSALS)):
        with pytest.raises(InvalidWord):
            refusal_name(number)


def test_every_event_has_a_layout() -> None:
    """Every event of every contract is found by its address and topic, and decodes from words of zero."""
    for name in CONTRACTS:
        for entry in artifact(name).abi:
            if entry["type"] != "event":
                continue
            signature = f"{entry['name']}({','.join(abi_type(argument) for argument in entry['inputs'])})"
            indexed = [argument for argument in entry["inputs"] if argument["indexed"]]
            plain = [abi_type(argument) for argument in entry["inputs"] if not argument["indexed"]]
            log = Log(
                index=0,
                address=_CONTRACTS.address(name),
                topics=(keccak(signature.encode()), *(bytes(32) for _ in indexed)),
                data=encode(plain, [_nothing(kind) for kind in plain]),
            )
            event = _CONTRACTS.decode(log)

            assert event is not None
            assert (name, entry["name"]) == (event.contract, event.name)
            assert {argument["name"] for argument in entry["inputs"]} == set(event.fields)


def _nothing(kind: str) -> object:
    if kind.endswith("[]"):
        return []
    if kind.startswith("("):
        return [_nothing(member) for member in kind[1:-1].split(",")]
    if kind == "address":
        return bytes(20)
    return {"string": "", "bool": False}.get(kind, b"" if kind.startswith("bytes") else 0)


def test_log_of_a_stranger() -> None:
    """A log of another contract is nobody's business."""
    assert _CONTRACTS.decode(Log(index=0, address=SOMEBODY, topics=(), data=b"")) is None


@pytest.mark.parametrize(
    ("topics", "data"),
    [((), b""), ((bytes(32),), b""), ((keccak(b"Paid(uint256,bytes32)"),), b"short"),
     ((keccak(b"Paid(uint256,bytes32)"), bytes(32)), bytes(64))],
    ids=["no topic", "unknown topic", "short data", "too many topics"],
)  # fmt: skip
def test_log_that_ours_can_not_write(topics: tuple[bytes, ...], data: bytes) -> None:
    """A log of one of our contracts that their ABI does not explain stops the writer."""
    with pytest.raises(UndecodableLog) as undecodable:
        _CONTRACTS.decode(Log(index=3, address=_CONTRACTS.address("Payments"), topics=topics, data=data))
    assert isinstance(undecodable.value, BrokenRule)


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (b"", "", "silently"),
        (bytes.fromhex("deadbeef00"), "0xdeadbeef", "deadbeef00"),
        (keccak(b"AccountIsOpen(uint32,uint32)")[:4] + encode(["uint32"] * 2, [840, 7]), "AccountIsOpen",
         "AccountIsOpen(asset=840, holder=7)"),
        (keccak(b"InstructionRefused(uint256,uint8)")[:4] + encode(["uint256", "uint8"], [5, 13]),
         "InstructionRefused", "InstructionRefused(terms=5, reason=InsufficientFunds)"),
        (keccak(b"Error(string)")[:4] + encode(["string"], ["no"]), "Error", "Error(message=no)"),
        (keccak(b"Panic(uint256)")[:4] + encode(["uint256"], [17]), "Panic", "Panic(code=17)"),
        (keccak(b"AccountIsOpen(uint32,uint32)")[:4] + b"short", "AccountIsOpen", "does not have"),
    ],
    ids=["nothing", "unknown", "ours", "refusal", "require", "panic", "cut"],
)  # fmt: skip
def test_errors_are_named(data: bytes, error: str, text: str) -> None:
    """The raw data of a revert becomes the error's name with its arguments, or is quoted as it is."""
    refused = _CONTRACTS.error(data)

    assert error == refused.error
    assert data == refused.data
    assert text in refused.detail


@given(st.binary(max_size=100))
def test_any_revert_data(data: bytes) -> None:
    """Whatever bytes a revert has, an error comes of them."""
    assert isinstance(_CONTRACTS.error(data), ContractRefused)


@given(
    st.sampled_from(["InstructionRefused(uint256,uint8)", "BicTaken(bytes11,uint32)"]), st.binary(max_size=96)
)
def test_any_arguments_of_an_error(signature: str, data: bytes) -> None:
    """A known error with any arguments is told, also a refusal of a number there is none of."""
    assert isinstance(_CONTRACTS.error(keccak(signature.encode())[:4] + data), ContractRefused)


def test_reading_a_view(network: Network) -> None:
    """A view gives its value, or a tuple of several, decoded."""
    contracts, chain = network.contracts, network.chain

    assert 4 == contracts.read(chain, "Participants", "participantCount")
    assert 3 == contracts.read(chain, "Participants", "participantWithMemberId", ("USABA", "021040078"))
    assert contracts.read(chain, "Ledger", "assetOf", EUR)[:4] == (1, 1, EUR, 1)
    status, ready_at = contracts.read(chain, "Ledger", "moduleStatus", contracts.address("Payments"))
    assert (2, 0) == (status, ready_at)


def test_refused_view_is_named(network: Network) -> None:
    """A view that reverts tells which of our errors it was."""
    with pytest.raises(ContractRefused, match="KeyUnknown") as refused:
        network.contracts.read(network.chain, "Participants", "authorise", SOMEBODY, 1)

    assert "KeyUnknown" == refused.value.error


def test_view_of_nothing(network: Network) -> None:
    """A view at an address without code answers nothing, which is no number."""
    elsewhere = Contracts(
        Deployment(chain_id=1, genesis_hash=bytes(32), contracts={"Participants": SOMEBODY}, demo=True)
    )
    with pytest.raises(MalformedAnswer):
        elsewhere.read(network.chain, "Participants", "participantCount")


def test_refused_transaction_is_named(network: Network) -> None:
    """A transaction that reverts tells which of our errors it was."""
    with pytest.raises(ContractRefused, match=r"AccountIsOpen\(asset=840, holder=2\)"):
        network.sender.call(network.operator.key("administer"), "Ledger", "openAccount", USD, BANKS[0].id)
