"""The contracts as slither reads them; in `.venv-proof`, which has none of this project's libraries.

Only syntax trees are asked of the compiler: slither looks at nothing else, and no code is generated for it.
"""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from typing import Any

from crytic_compile import CryticCompile
from crytic_compile.compilation_unit import CompilationUnit
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.solc_standard_json import SolcStandardJson, parse_standard_json_output
from slither import Slither

from scripts.proving.place import CONTRACTS, ROOT

_NO_CODE = {"object": "", "sourceMap": ""}


class _Answer(SolcStandardJson):  # type: ignore[misc]  # slither's libraries have no types
    """What the compiler answered, in place of a compiler to be called."""

    def compile(self, crytic_compile: CryticCompile, **_: Any) -> None:
        """Hand over the answer."""
        unit = CompilationUnit(crytic_compile, "shipped")
        unit.compiler_version = CompilerVersion(
            compiler="solc", version=self._json["version"].split("+")[0], optimized=True, via_ir=True
        )
        parse_standard_json_output(self._json, unit, solc_working_dir=str(CONTRACTS))


def shipped() -> Slither:
    """Compile every source of the contracts."""
    build = _build_script()
    names = {path.relative_to(CONTRACTS).as_posix() for path in (CONTRACTS / "src").rglob("*.sol")}
    settings = build.SETTINGS | {"outputSelection": {"*": {"*": ["abi", "devdoc"], "": ["ast"]}}}
    answer = build.solc({"language": "Solidity", "sources": build.sources_of(names), "settings": settings})
    for contracts in answer["contracts"].values():
        for contract in contracts.values():
            contract["evm"] = {"bytecode": _NO_CODE, "deployedBytecode": _NO_CODE}
    answer["version"] = build.compiler_version()
    return Slither(CryticCompile(_Answer(answer)))


def _build_script() -> Any:
    """`scripts/build_contracts`, which has no ending by which Python would find it."""
    loader = SourceFileLoader("build_contracts", str(ROOT / "scripts" / "build_contracts"))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
