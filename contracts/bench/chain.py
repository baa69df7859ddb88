"""A fresh anvil under a named hard fork, with the contracts deployed as contracts/deployment.md says."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eth_utils import function_abi_to_4byte_selector, keccak
from rlp import encode
from web3 import HTTPProvider, Web3
from web3.contract import Contract

CONTRACTS = Path(__file__).resolve().parent.parent
ANVIL = CONTRACTS / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
START_SECONDS_MAX = 20
OPERATOR_ROLE = 1
ADMIN_ROLE = 0
OPERATORS_OWN = {
    "Participants": ["admit", "addMemberId", "suspend", "resume", "setSponsor"],
    "Ledger": [
        "registerAsset",
        "cutOff",
        "close",
        "open",
        "openAccount",
        "freeze",
        "unfreeze",
        "setFirstThresholds",
    ],
    "Settlement": ["settle", "release", "cancel"],
}


class ChainNotUp(Exception):
    """anvil did not answer in time."""


@contextmanager
def anvil(hardfork: str) -> Iterator[Web3]:
    """A chain of its own without fees; its accounts are unlocked. Stopped on leaving."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        "--hardfork",
        hardfork,
        "--gas-price",
        "0",
        "--gas-limit",
        "100000000",
        "--accounts",
        "30",
        "--silent",
    ]
    if hardfork not in {"berlin", "istanbul"}:
        options += ["--base-fee", "0"]
    process = subprocess.Popen([str(ANVIL), "--port", str(port), *options])
    try:
        yield connected(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()


def connected(url: str) -> Web3:
    """A client, once the chain answers."""
    chain = Web3(HTTPProvider(url, request_kwargs={"timeout": 60}))
    until = time.monotonic() + START_SECONDS_MAX
    while not chain.is_connected():
        if time.monotonic() > until:
            raise ChainNotUp(url)
        time.sleep(0.05)
    return chain


def artifact(name: str, folder: Path = CONTRACTS / "build") -> dict[str, Any]:
    """A compiled contract, as scripts/build_contracts wrote it."""
    content: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return content


def send(chain: Web3, call: Any, sender: str) -> dict[str, Any]:
    """Sends a legacy transaction and gives its receipt; a reverted one raises."""
    gas = 60_000_000
    receipt = chain.eth.wait_for_transaction_receipt(
        call.transact({"from": sender, "gasPrice": 0, "gas": gas})
    )
    if receipt["status"] != 1:
        raise RuntimeError(f"reverted: {call}")
    return dict(receipt)


def create(chain: Web3, compiled: dict[str, Any], sender: str, *arguments: Any) -> Contract:
    """Deploys one contract."""
    factory = chain.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
    receipt = send(chain, factory.constructor(*arguments), sender)
    return chain.eth.contract(address=receipt["contractAddress"], abi=compiled["abi"])


def created_address(sender: str, nonce: int) -> str:
    """Where a sender's contract goes (CREATE)."""
    return Web3.to_checksum_address(keccak(encode([bytes.fromhex(sender[2:]), nonce]))[12:])


def deploy(chain: Web3, deployer: str, operator: str, delay_seconds: int = 0) -> dict[str, Contract]:
    """The deployer's eight transactions; afterwards it has no power."""
    nonce = chain.eth.get_transaction_count(deployer)
    modules = [created_address(deployer, nonce + place) for place in (4, 5, 6)]
    manager = create(chain, artifact("AccessManager"), deployer, deployer)
    quorum = create(chain, artifact("Quorum"), deployer, [operator], 1, delay_seconds)
    participants = create(chain, artifact("Participants"), deployer, manager.address, delay_seconds)
    ledger = create(
        chain, artifact("Ledger"), deployer, participants.address, manager.address, delay_seconds, modules
    )
    payments = create(chain, artifact("Payments"), deployer, participants.address, ledger.address)
    settlement = create(
        chain, artifact("Settlement"), deployer, participants.address, ledger.address, manager.address
    )
    netting = create(chain, artifact("Netting"), deployer, participants.address, ledger.address)
    contracts = {
        "Participants": participants,
        "Ledger": ledger,
        "Payments": payments,
        "Settlement": settlement,
        "Netting": netting,
    }
    calls = [
        manager.encode_abi(
            "setTargetFunctionRole",
            [contracts[name].address, selectors(contracts[name], functions), OPERATOR_ROLE],
        )
        for name, functions in OPERATORS_OWN.items()
    ]
    calls += [
        manager.encode_abi("grantRole", [OPERATOR_ROLE, operator, 0]),
        manager.encode_abi("grantRole", [ADMIN_ROLE, quorum.address, 0]),
        manager.encode_abi("renounceRole", [ADMIN_ROLE, deployer]),
    ]
    send(chain, manager.functions.multicall(calls), deployer)
    return contracts | {"AccessManager": manager, "Quorum": quorum}


def selectors(contract: Contract, functions: list[str]) -> list[bytes]:
    """First four bytes of each function's calldata."""
    return [function_abi_to_4byte_selector(contract.get_function_by_name(name).abi) for name in functions]
