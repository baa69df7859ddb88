"""The chain: engines, clients, contracts. Whatever differs between engines stays in here."""

from eth_hash.auto import keccak
from eth_hash.backends import pysha3

# Every Ethereum library hashes through this one object, and would pick pycryptodome: 5.5 µs instead of 1.0.
keccak.hasher = pysha3.keccak256  # type: ignore[assignment]  # typed as a method, is a function of the module
keccak.preimage = pysha3.preimage  # type: ignore[assignment]
