"""The log: a line of JSON for each event, with ids and codes; never a name, an amount or a secret."""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

# Keys that are never logged, whoever passes them: people's data and what opens doors.
WITHHELD = frozenset(
    {"password", "secret", "token", "authorization", "private_key", "document", "salt", "name", "raw"}
)
_WITHHELD_TEXT = "withheld"


def configure(stream: TextIO | None = None, *, level: int = logging.INFO) -> None:
    """Write every event of this process to `stream` (default: standard error); called once, at the start."""
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold,
        structlog.processors.ExceptionRenderer(),
        structlog.processors.JSONRenderer(sort_keys=True),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the values that may not be logged; bytes become hexadecimal."""
    return {key: _WITHHELD_TEXT if key in WITHHELD else _told(value) for key, value in event.items()}


def _told(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
