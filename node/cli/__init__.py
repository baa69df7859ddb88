"""`vostro`: everything that a node's people do at a terminal.

With the base package alone, as an auditor installs it, there is `vostro verify` and nothing else.
"""


def main() -> None:
    """Run the command `vostro`."""
    try:
        from node.cli.commands import run
    except ModuleNotFoundError as missing:
        if missing.name != "typer":
            raise
        from node.cli.auditor import run
    run()
