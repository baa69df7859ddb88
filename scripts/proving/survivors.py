"""Keeps contracts/mutation.md: each contract's last score, each survivor and why it may live."""

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scripts.counts import Counts
from scripts.proving.groups import GROUPS
from scripts.proving.mutation import SEED, Fate, Mutant, Result, mutate
from scripts.proving.place import CONTRACTS, ROOT
from scripts.results import commit_of

PAGE = CONTRACTS / "mutation.md"
KILLED_LEAST = 0.9

_SCORES = """\
| contract | date | commit | seed | sampled | killed |
| --- | --- | --- | --- | ---: | ---: |
"""
_SURVIVORS = "| contract | source | survivor | why it lives |\n| --- | --- | --- | --- |\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page in parts: rows of cells by their contract, survivors' reasons by the rest of their row."""

    head: str
    scores: dict[str, str]
    reasons: dict[tuple[str, str, str], str]


def run_mutation(contracts: tuple[str, ...] = (), page: Path = PAGE) -> Counts:
    """Test each group (or those named) and write what came of it.

    A killed mutant and a survivor with a reason pass; a survivor without one fails, and so does a low score.
    """
    counts = Counts()
    for group in GROUPS:
        if not contracts or group.contract in contracts:
            counts += _judge(mutate(group), page)
    return counts


def read_page(page: Path) -> Page:
    """Take the page apart."""
    head, _, rest = page.read_text().partition(_SCORES)
    scores, _, survivors = rest.partition(_SURVIVORS)
    rows = [_cells(line) for line in survivors.splitlines() if line.startswith("| ")]
    return Page(
        head=head,
        scores={_cells(line)[0]: line for line in scores.splitlines() if line.startswith("| ")},
        reasons={(row[0], row[1], row[2]): row[3] for row in rows},
    )


def write_page(page: Path, parts: Page) -> None:
    """Put the page together again, sorted."""
    scores = "".join(f"{line}\n" for _, line in sorted(parts.scores.items()))
    rows = "".join(f"| {' | '.join([*key, reason])} |\n" for key, reason in sorted(parts.reasons.items()))
    page.write_text(f"{parts.head}{_SCORES}{scores}\n{_SURVIVORS}{rows}")


def add_result(parts: Page, result: Result, commit: str) -> Page:
    """Replace what the page says of one contract; reasons of mutants that survive again stay."""
    name = result.group.contract
    killed, survivors = len(result.those(Fate.KILLED)), result.those(Fate.SURVIVED)
    score = f"{killed} ({killed / max(1, result.tested):.0%})"
    row = f"| {name} | {datetime.now(UTC):%Y-%m-%d} | {commit} | {SEED} | {result.tested} | {score} |"
    kept = {key: reason for key, reason in parts.reasons.items() if key[0] != name}
    kept |= {key: parts.reasons.get(key, "") for key in (_key(name, mutant) for mutant in survivors)}
    return Page(head=parts.head, scores=parts.scores | {name: row}, reasons=kept)


def _judge(result: Result, page: Path) -> Counts:
    parts = add_result(read_page(page), result, commit_of(ROOT))
    write_page(page, parts)
    name, killed = result.group.contract, len(result.those(Fate.KILLED))
    unexplained = [key for key, reason in parts.reasons.items() if key[0] == name and not reason]
    print(f"mutation: {name}: {killed} of {result.tested} killed", flush=True)
    for key in unexplained:
        print(f"survives without a reason: {' '.join(key)}", flush=True)
    low = killed < KILLED_LEAST * result.tested or not result.tested
    return Counts(passed=result.tested - len(unexplained), failed=len(unexplained) + low)


def _key(contract: str, mutant: Mutant) -> tuple[str, str, str]:
    old, new = (_code(text) for text in (mutant.old, mutant.new))
    return contract, f"`{mutant.source}`", f"{mutant.mutator} {old} → {new}"


def _code(text: str) -> str:
    """Inline code of one line, in a table."""
    return f"`{' '.join(text.split())}`".replace("|", "\\|")


def _cells(line: str) -> list[str]:
    hidden = line.replace("\\|", "\0").strip().removeprefix("|").removesuffix("|")
    return [cell.strip().replace("\0", "\\|") for cell in hidden.split("|")]


def main() -> int:
    """Test the named contracts alone, or all."""
    parser = argparse.ArgumentParser(prog="python -m scripts.proving.survivors", description=main.__doc__)
    parser.add_argument("contracts", nargs="*", choices=[group.contract for group in GROUPS])
    counts = run_mutation(tuple(parser.parse_args().contracts))
    print(counts)
    return counts.exit_status


if __name__ == "__main__":
    sys.exit(main())
