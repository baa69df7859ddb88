"""Where the nodes' log goes: into a file, so that the demo's own output stays readable."""

from pathlib import Path

import structlog


def log_into(path: Path) -> None:
    """Send the log of every node in this process to a file, a JSON object a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=path.open("a", buffering=1)),
    )
