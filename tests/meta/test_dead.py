"""Nothing of the product is there for nobody: what only tests call, or nothing, is dead."""

from pathlib import Path

from vulture import Vulture

# Called by a framework that found them by their decorator.
_ENTRY_POINTS = [
    "@router.*",
    "@*.command*",
    "@*.callback*",
    "@*.exception_handler*",
    "@event.listens_for*",
    "@compiles*",
]
_CALLED_BY_NAME = [
    "__init_subclass__",  # the language
    "footer",  # fpdf2, at the end of each page
    "view_statements",  # a revision
    "main",  # the command `vostro`, named in pyproject.toml
]
_CODE = {"class", "function", "import", "method", "property"}


def _unused(*paths: Path) -> list[str]:
    scanner = Vulture(ignore_names=_CALLED_BY_NAME, ignore_decorators=_ENTRY_POINTS)
    scanner.scavenge([str(path) for path in paths], exclude=["*/versions/*"])
    return [
        f"{item.filename}:{item.first_lineno} {item.typ} {item.name}"
        for item in scanner.get_unused_code()
        if item.typ in _CODE
    ]


def test_measure_sees_what_is_dead(tmp_path: Path) -> None:
    """The measure itself: a function that nothing calls is found, one that is called is not."""
    source = tmp_path / "planted.py"
    source.write_text("def called():\n    return 1\n\n\ndef dead():\n    return called()\n")

    assert [f"{source}:5 function dead"] == _unused(source)


def test_nothing_is_dead(root: Path) -> None:
    """Each class, function and method of the product is used by the product or its scripts."""
    assert [] == [
        line.removeprefix(f"{root}/")
        for line in _unused(root / "settlement", root / "node", root / "scripts")
        if not line.startswith(f"{root}/scripts/")
    ]
