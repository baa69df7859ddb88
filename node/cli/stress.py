"""`vostro queue stress`: a day settled again with something gone wrong."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.opening import opened_node
from node.cli.output import AsJson, print_json, print_rows, working
from node.cli.parsing import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from settlement.liquidity.day import Day
    from settlement.liquidity.scenario import Scenario

_AMOUNTS = ("opening", "credit", "settled", "received", "closing", "lowest", "left", "short")
_COLUMNS = ("participant", *_AMOUNTS, "need at once", "need at least", "99 % at once", "99 % at least")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)


def stress(
    *,
    day: Annotated[str | None, typer.Option("--date", help="A UTC day, 2026-11-22 or today.")] = None,
    code: Annotated[str, typer.Option("--asset", "--currency", help="ISO 4217.")] = "USD",
    file: Annotated[
        Path | None,
        typer.Option(help="Instead: a day as JSON (settlement/liquidity).", exists=True, dir_okay=False),
    ] = None,
    default: Annotated[
        list[str] | None,
        typer.Option(help="BANK or BANK@HH:MM: from then on it sends nothing; may be given again."),
    ] = None,
    away: Annotated[
        list[str] | None,
        typer.Option(help="BANK@HH:MM-HH:MM: its payments come at the end of it; may be given again."),
    ] = None,
    halved: Annotated[bool, typer.Option("--halved", help="Halve balances, reserves and credit.")] = False,
    variations: Annotated[int, typer.Option(min=0, help="How many days like it to draw.")] = 0,
    seed: Annotated[str, typer.Option(help="What they are drawn by.")] = "1",
    as_json: AsJson = False,
) -> None:
    """Replay a day with banks in default or away, or all money halved: what settles, who is short, what
    credit it takes. Times count from the day's beginning.
    """
    from settlement.liquidity.day_file import stress_fields
    from settlement.liquidity.stress import stress as found_by

    if day is not None and file is None:
        replayed = _mirrored(code, day)
    elif file is not None and day is None:
        replayed = _of_file(file)
    else:
        raise typer.BadParameter("name the day: either --date or --file")
    scenario = _scenario(replayed, default or (), away or (), halved=halved)
    with working("replaying the day"):
        found = stress_fields(found_by(replayed, scenario, variations=variations, seed=seed))
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{len(found['settled'])} settled, {len(found['left'])} left, {len(found['cancelled'])} cancelled, "
        f"{len(found['unsent'])} not sent; amounts of {found['asset']} in minor units",
        err=True,
    )
    print_rows([_row(each) for each in (*found["participants"], _together(found))], _COLUMNS, as_json=False)


def _mirrored(code: str, day: str) -> "Day":
    from node.clock import SystemClock
    from node.services.stress import mirrored_day

    with opened_node() as (store, _, _, chain):
        return mirrored_day(store, chain, SystemClock(), code=code, day=day_of(day))


def _of_file(file: Path) -> "Day":
    from settlement.liquidity.day_file import read_day
    from settlement.liquidity.queue_file import QUEUE_BYTES_MAX

    with file.open("rb") as opened:
        return read_day(opened.read(QUEUE_BYTES_MAX + 1))


def _row(standing: dict[str, object]) -> dict[str, object]:
    row = {name: standing.get(name) for name in ("participant", *_AMOUNTS)}
    for kind, shown in (("need", "need"), ("quantiles", "99 %")):
        need = standing[kind]
        if isinstance(need, dict):
            row |= {f"{shown} at once": need["at_once"], f"{shown} at least": need["least"]}
    return row


def _together(found: dict[str, object]) -> dict[str, object]:
    return {"participant": "together", "need": found["need"], "quantiles": found["quantiles"]}


def _scenario(day: "Day", defaults: "Sequence[str]", away: "Sequence[str]", *, halved: bool) -> "Scenario":
    from settlement.liquidity.scenario import Away, Default, Scenario

    absences = []
    for text in away:
        name, _, span = text.partition("@")
        begins, _, ends = span.partition("-")
        absences.append(Away(participant=name, begins_at=_time(day, begins), ends_at=_time(day, ends)))
    split = [text.partition("@") for text in defaults]
    return Scenario(
        defaults=tuple(
            Default(participant=name, at=_time(day, at) if separator else day.opens_at)
            for name, separator, at in split
        ),
        away=tuple(absences),
        is_halved=halved,
    )


def _time(day: "Day", text: str) -> int:
    """Return the time so many hours and minutes after the day's beginning, 00:00 to 24:00."""
    if not _TIME.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a time like 09:30; write BANK@HH:MM or BANK@HH:MM-HH:MM")
    return day.opens_at + (int(text[:2]) * 60 + int(text[3:])) * 60
