"""`vostro` for an auditor who has the base package only: one command, `vostro verify`."""

import argparse
from pathlib import Path

from node.cli.verifying import print_checks


def run() -> None:
    """Check evidence as the arguments say; exit 0, 1 when a check failed, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="vostro", description="Check evidence of a settlement, offline.")
    commands = parser.add_subparsers(required=True, metavar="verify")
    verify = commands.add_parser("verify", help="Check an evidence file against a checkpoint.")
    verify.add_argument("bundle", type=Path, help="The evidence file.")
    verify.add_argument(
        "--checkpoint", type=Path, required=True, help="What you trust; not from the same hand."
    )
    verify.add_argument(
        "--signed-by", action="append", default=[], help="Address that must have signed it; repeat."
    )
    verify.add_argument("--entries", type=Path, help="Write an account's proven entries to this CSV file.")
    verify.add_argument("--json", action="store_true", help="Print JSON instead of lines.")
    given = parser.parse_args()
    raise SystemExit(
        print_checks(
            given.bundle,
            given.checkpoint,
            as_json=given.json,
            signed_by=given.signed_by,
            entries=given.entries,
        )
    )
