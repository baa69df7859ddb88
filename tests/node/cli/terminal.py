"""A terminal as a test has it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "of a test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A terminal with the settings of one bank whose node has not run yet."""

    home: Path
    run: Callable[..., tuple[int, str, str]]

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json; it must succeed."""
        status, output, errors = self.run(*arguments, "--json")
        assert 0 == status, errors
        return json.loads(output)
