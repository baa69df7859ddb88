"""The log: a line of JSON an event, and nothing that opens doors or names people."""

import json
from io import StringIO

import pytest
import structlog

from node.log import WITHHELD, configure


@pytest.fixture
def stream() -> StringIO:
    """A log of its own; what was configured before comes back at the end."""
    return StringIO()


def _lines(stream: StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_event_is_a_line_of_json(stream: StringIO) -> None:
    """An event has its name, level, time and facts; bytes are hexadecimal."""
    before = structlog.get_config()
    try:
        configure(stream)
        structlog.get_logger("t").info("signed", hash=b"\x01\x02", rows=3)
        structlog.get_logger("t").debug("not said")
        (line,) = _lines(stream)
    finally:
        structlog.configure(**before)
    assert {"event": "signed", "level": "info", "hash": "0102", "rows": 3} == {
        key: value for key, value in line.items() if key != "timestamp"
    }


@pytest.mark.parametrize("key", sorted(WITHHELD))
def test_secret_is_withheld(stream: StringIO, key: str) -> None:
    """Whatever is logged under a key of people's data or secrets is not written."""
    before = structlog.get_config()
    try:
        configure(stream)
        structlog.get_logger("t").warning("slip", **{key: "canary"})
    finally:
        structlog.configure(**before)
    assert "canary" not in stream.getvalue()
    assert "withheld" == _lines(stream)[0][key]


def test_failure_has_its_trace(stream: StringIO) -> None:
    """An exception is written with its trace, in the same line."""
    before = structlog.get_config()
    try:
        configure(stream)
        try:
            _ = 1 / 0
        except ZeroDivisionError:
            structlog.get_logger("t").exception("broken")
    finally:
        structlog.configure(**before)
    (line,) = _lines(stream)
    assert "ZeroDivisionError" in str(line["exception"])
