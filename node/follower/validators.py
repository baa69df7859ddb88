"""Who must seal a block, where a contract keeps the validators: asked of RPC nodes, for the block before."""

import re
from dataclasses import dataclass

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from node.chain.protocol import Chain
from node.chain.witnesses import Witnesses
from node.errors import ContractRefused, MalformedAnswer, SettingsInvalid
from settlement.evidence.seals import ADDRESS_BYTES, VALIDATORS_MAX
from settlement.instruction import keccak

_SELECTOR = keccak(b"getValidators()")[:4]
_TEXT = re.compile(r"0x([0-9a-fA-F]{40})(?:@(\d{1,18}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatorContract:
    """Where the validators are kept, and from which block on; before it the headers list them."""

    address: bytes
    since: int = 0


def validator_contract(text: str) -> ValidatorContract:
    """Read `0x…` or `0x…@HEIGHT`; raise `SettingsInvalid`."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise SettingsInvalid(
            f"VOSTRO_VALIDATOR_CONTRACT: {text!r} is no address, nor one with the block from which it counts "
            "(0x…@1000)"
        )
    return ValidatorContract(address=bytes.fromhex(found[1]), since=int(found[2] or 0))


class ContractValidators:
    """Asks the contract. What it is told is the RPC node's word, or that of as many as must agree."""

    def __init__(self, chain: Chain, contract: ValidatorContract, witnesses: Witnesses | None) -> None:
        self._chain = chain
        self._contract = contract
        self._witnesses = witnesses

    def of(self, height: int) -> tuple[bytes, ...]:
        """Return who seals a block, by address: `getValidators()` after the block before it.

        Nobody where the headers list them: at genesis and before the contract counts.
        Raise `ChainUnavailable` where no node answers, or too few: then nothing may be mirrored.
        """
        if height == 0 or height < self._contract.since:
            return ()

        def ask(chain: Chain) -> tuple[bytes, ...]:
            return _asked(chain, self._contract.address, height - 1)

        return ask(self._chain) if self._witnesses is None else self._witnesses.same(ask, height - 1)


def _asked(chain: Chain, contract: bytes, height: int) -> tuple[bytes, ...]:
    where = f"the validators' contract 0x{contract.hex()} at block {height}"
    try:
        answer = chain.call(contract, _SELECTOR, height=height)
        (listed,) = decode(["address[]"], answer)
    except ContractRefused as error:
        raise MalformedAnswer(f"{where} refuses: {error.detail}; see VOSTRO_VALIDATOR_CONTRACT") from None
    except (DecodingError, OverflowError):
        raise MalformedAnswer(
            f"{where} gave no list of addresses; see VOSTRO_VALIDATOR_CONTRACT, and name an RPC node that "
            "keeps the state of old blocks"
        ) from None
    found = sorted({bytes.fromhex(each[2:]).rjust(ADDRESS_BYTES, b"\0") for each in listed})
    if not found or len(found) != len(listed) or len(found) > VALIDATORS_MAX:
        raise MalformedAnswer(f"{where} lists nobody, somebody twice, or too many: {len(listed)}")
    return tuple(found)
