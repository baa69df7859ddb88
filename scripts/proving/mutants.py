"""Prints mutants of the named sources as JSON, in `.venv-proof`: by slither's mutators, in a loop of ours.

slither-mutate's own loop changes the tree that it is started in and can't be told to take a sample.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from slither.core.declarations import Contract
from slither.tools.mutator.mutators import all_mutators
from slither.tools.mutator.mutators.abstract_mutator import AbstractMutator

from scripts.proving.compiled import shipped
from scripts.proving.place import CONTRACTS

_MUTATORS: list[Any] = [
    mutator
    for _, mutator in inspect.getmembers(all_mutators, inspect.isclass)
    if issubclass(mutator, AbstractMutator) and mutator is not AbstractMutator
]


def mutants_of(contract: Contract) -> list[dict[str, Any]]:
    """Every mutant of what the contract itself declares: file, bytes from … to, text before and after."""
    found = []
    for mutator in _MUTATORS:
        made = mutator(contract.compilation_unit, 0, "", "", contract, None, False, Path(), [])
        for file, patches in made._mutate().get("patches", {}).items():  # noqa: SLF001  # it has no other way in
            name = Path(file).relative_to(CONTRACTS).as_posix()
            found += [{"source": name, "mutator": mutator.NAME, **patch} for patch in patches]
    return found


def main(sources: list[str]) -> None:
    """Print the mutants of all contracts that the sources declare."""
    declared = [
        contract
        for unit in shipped().compilation_units
        for contract in unit.contracts
        if Path(contract.source_mapping.filename.absolute).relative_to(CONTRACTS).as_posix() in sources
    ]
    print(json.dumps([mutant for contract in declared for mutant in mutants_of(contract)]))


if __name__ == "__main__":
    main(sys.argv[1:])
