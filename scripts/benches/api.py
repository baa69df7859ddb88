"""`scripts/bench api`: what the API does in a second, and how late it tells."""

from collections.abc import Iterator
from typing import Any

from scripts.benches import listeners, long_file, requests


def run() -> Iterator[dict[str, Any]]:
    """Yield the figures of issue 6."""
    yield from requests.figures()
    yield from long_file.figures()
    yield from listeners.figures()
