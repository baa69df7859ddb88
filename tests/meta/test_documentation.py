"""What a person can set, call, type or be refused with is in the documentation, and nothing else is."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import typer

from tests.meta.tree import ROOT, tracked_files

_COMMAND = re.compile(r"\bvostro((?: [a-z][a-z-]*)+)")
_ROUTE = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}.-]*)")
_SETTINGS_HEADER = "| setting | default | what |\n|---|---|---|\n"


def _readmes() -> str:
    """The code of every README: what stands in backticks or in a block."""
    texts = [(ROOT / path).read_text() for path in tracked_files() if path.name == "README.md"]
    return "\n".join(
        match[0] for text in texts for match in re.finditer(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
    )


def _commands(group: Any, prefix: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}"


def _routes() -> set[str]:
    """Every route of the application, parameters without their names."""
    from node.api.app import create_app
    from node.api.context import Context

    app = create_app(Mock(spec=Context))
    paths = app.openapi()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    found = described | {("GET", str(app.openapi_url))}
    return {f"{method} {re.sub(r'{[^}]*}', '{}', path)}" for method, path in found}


def _subclasses(base: type[Exception]) -> Iterator[type[Exception]]:
    for child in base.__subclasses__():
        yield child
        yield from _subclasses(child)


def test_every_setting_is_in_the_table() -> None:
    """The README's table has one row per setting, with its default and its description, in the same order."""
    from node.settings import Settings

    rows = (ROOT / "README.md").read_text().partition(_SETTINGS_HEADER)[2].partition("\n\n")[0]

    assert [
        f"| `VOSTRO_{name.upper()}` | {_default(field)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ] == rows.splitlines()


def _default(field: Any) -> str:
    if field.is_required():
        return "required"
    return "none" if field.default is None else f"`{field.default}`"


def test_every_command_is_documented() -> None:
    """Each command of `vostro` stands in a README, and no README has one that does not exist."""
    from node.cli.commands import app

    existing = {f"{command} " for command in _commands(typer.main.get_command(app))}
    written = [f"{match[1].strip()} " for match in _COMMAND.finditer(_readmes())]

    assert set() == {command for command in existing if not any(text.startswith(command) for text in written)}
    # What follows a command are its arguments; a group may be named without one of its commands.
    assert set() == {
        text
        for text in written
        if not any(text.startswith(command) or command.startswith(text) for command in existing)
    }


def test_every_route_is_documented() -> None:
    """Each route of the API stands in a README with its method, and no README has one that does not exist."""
    written = {f"{method} {re.sub(r'{[^}]*}', '{}', path)}" for method, path in _ROUTE.findall(_readmes())}

    assert _routes() == written


def test_every_error_is_in_the_tree() -> None:
    """Each error that is expected stands in the tree that `errors` draws, whatever module defines it."""
    import node
    import node.errors
    import settlement
    from settlement.errors import SettlementError

    for package in (settlement, node):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations." not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    drawn = set(
        re.findall(r"\w+", f"{importlib.import_module('settlement.errors').__doc__}{node.errors.__doc__}")
    )

    # Those of the product: a test may have errors of its own.
    ours = {error for error in _subclasses(SettlementError) if not error.__module__.startswith("tests.")}
    assert set() == {error.__name__ for error in ours} - drawn
