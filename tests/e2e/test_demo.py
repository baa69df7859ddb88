"""The demo, as people start it: what its last line says is held against its files, counted here anew."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from scripts.demonstration import gridlock, netting
from scripts.demonstration.cast import BANKS
from scripts.demonstration.months import habits, mornings
from settlement.iso20022 import credit_transfers
from settlement.iso20022.schema import compile_schemas
from tests.settlement.iso20022.messages import schema_files

FILES = sorted((Path(__file__).parents[2] / "scripts/demonstration/files").glob("*.xml"))
PACS008 = "{urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08}"
DECIMALS = {"USD": 2, "EUR": 2, "JPY": 0}
PLAY_SECONDS_MAX = 900  # on however busy a machine
DAY_SECONDS = 86_400
LIFE_SECONDS_MAX = 20.0  # about as long as the demo takes


def _amounts(path: Path) -> Iterator[tuple[str, int]]:
    """Yield currency and minor units of each transfer in a file, by nothing of ours."""
    for amount in etree.parse(path).getroot().iter(f"{PACS008}IntrBkSttlmAmt"):
        code = amount.get("Ccy", "")
        yield code, int(Decimal(amount.text or "") * 10 ** DECIMALS[code])


def _truth() -> dict[str, Any]:
    """Return what the last line must say of payments: what the files and the months add up to."""
    supply: Counter[str] = Counter()
    for bank in BANKS:
        supply.update(bank.money)
    transfers = [amount for path in FILES for amount in _amounts(path)]
    history = [habit for number, month in enumerate(mornings(0)) for habit in habits(number, month)]
    value: Counter[str] = Counter()
    for code, amount in transfers:
        value[code] += amount if amount <= supply[code] else 0
    for habit in history:
        value[habit.currency] += habit.amount
    queued = [each.amount for each in gridlock.owed()]
    value[gridlock.CURRENCY] += sum(queued)
    promised = [amount for bank in BANKS for _, amount in netting.promised(bank)]
    nets: Counter[str] = Counter()
    for bank in BANKS:
        for payee, amount in netting.promised(bank):
            nets[bank.key] -= amount
            nets[payee.key] += amount
    paid = sum(net for net in nets.values() if net > 0)
    rejected = sum(amount > supply[code] for code, amount in transfers)
    return {
        "payments": len(transfers) + len(history) + len(queued),
        "from_files": len(transfers),
        "settled": len(transfers) + len(history) + len(queued) - rejected,
        "rejected": rejected,
        "value": {code: str(amount) for code, amount in value.items()},
        "unlocked": {
            "waiting": len(queued),
            "settled_value": str(sum(queued)),
            "bound": str(sum(queued)),
            "method": "drop-last",
        },
        "netted": {"payments": len(promised), "value": str(sum(promised)), "paid": str(paid)},
        "breaks": 0,
    }


def _command(*options: str) -> list[str]:
    return [sys.executable, "-m", "scripts.demonstration", *options]


def _play(root: Path, folder: Path, *options: str) -> dict[str, Any]:
    """Play the demo to its end and return its last line."""
    played = subprocess.run(
        ["env", f"TMPDIR={folder}", *_command("--exit", *options)],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=PLAY_SECONDS_MAX,
        check=False,
    )
    assert 0 == played.returncode, played.stdout + played.stderr
    line: dict[str, Any] = json.loads(played.stdout.splitlines()[-1])
    return line


@pytest.fixture(scope="module")
def played(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The last line of one demo on the embedded chain."""
    return _play(root, tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_valid(shared_data: Path, path: Path) -> None:
    """Each file of the demo is valid by ISO's own schemas, and the reader takes all of it."""
    message = credit_transfers.read(path.read_bytes(), schemas=compile_schemas(schema_files(shared_data)))

    assert [amount for _, amount in _amounts(path)] == [transfer.amount for transfer in message.transfers]


def test_files_are_many() -> None:
    """There is a file in each of three currencies, with at least fifty transfers in all."""
    transfers = [amount for path in FILES for amount in _amounts(path)]

    assert set(DECIMALS) == {code for code, _ in transfers}
    assert len(transfers) >= 50


def test_gridlock_is_one() -> None:
    """Twelve payments, each larger than all the money there is, among banks that can bear the net."""
    owed = list(gridlock.owed())
    net: Counter[str] = Counter()
    for each in owed:
        net[each.payer.key] -= each.amount
        net[each.payee.key] += each.amount
    supply = sum(bank.money[gridlock.CURRENCY] for bank in BANKS)

    assert len(owed) >= 12
    assert all(each.amount > supply for each in owed)
    assert all(-net[bank.key] < bank.money[gridlock.CURRENCY] // 2 for bank in BANKS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_can_be_sent_at_any_hour(path: Path) -> None:
    """No deadline in a file ends before its day (UTC) does: who starts in the evening sees it whole."""
    deadlines = [transfer.deadline for transfer in credit_transfers.read(path.read_bytes()).transfers]

    assert [] == [each for each in deadlines if each is not None and each % DAY_SECONDS < DAY_SECONDS - 1]


@pytest.mark.slow
def test_demo_says_what_its_files_say(played: dict[str, Any]) -> None:
    """The last line counts and sums what the files and months hold, with no break."""
    assert _truth() == {name: played[name] for name in _truth()}
    assert played["seconds"] > 0
    assert played["blocks"] > 0


@pytest.mark.slow
def test_demo_leaves_valid_statements(shared_data: Path, played: dict[str, Any]) -> None:
    """Every statement and status report that a demo leaves is valid by ISO's own schemas."""
    schemas = compile_schemas(schema_files(shared_data))
    found = sorted(Path(played["folder"]).glob("*/statements/*.xml"))
    trees = [etree.parse(path) for path in found]

    assert {"camt.053": 9, "pacs.002": 3} == Counter(path.name[:8] for path in found)
    assert [] == [
        (path.name, schema.error_log)
        for path, tree in zip(found, trees, strict=True)
        if not (schema := schemas[etree.QName(tree.getroot()).namespace or ""]).validate(tree)
    ]


def _play_and_kill(root: Path, log: Path, seconds: float, *options: str) -> None:
    """Start a demo and kill it after so long; it must not have ended with a failure before."""
    with log.open("a") as output:
        playing = subprocess.Popen(_command("--exit", *options), cwd=root, stdout=output, stderr=output)
        try:
            assert 0 == playing.wait(seconds), log.read_text()
        except subprocess.TimeoutExpired:
            playing.kill()
            playing.wait()


def _kill_again_and_again(root: Path, folder: Path, *options: str, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(kills):
        _play_and_kill(root, folder / "output", chance.uniform(0.5, LIFE_SECONDS_MAX), *options)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_demo_goes_on_another_day(root: Path, tmp_path: Path) -> None:
    """A persistent demo of two days ago, killed three times, ends today as if it had not been."""
    kept = ("--persistent", str(tmp_path / "kept"))
    before = datetime.now(UTC).date() - timedelta(days=2)

    _kill_again_and_again(root, tmp_path, *kept, "--day", before.isoformat(), kills=3, seed=0)
    ended, again = _play(root, tmp_path, *kept), _play(root, tmp_path, *kept)

    assert _truth() == {name: ended[name] for name in _truth()}
    assert _truth() == {name: again[name] for name in _truth()}


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(1, 6))
def test_demo_killed_many_times_goes_on(root: Path, tmp_path: Path, seed: int) -> None:
    """A persistent demo that is killed twenty times at any moment ends as if it had not been."""
    kept = ("--persistent", str(tmp_path / "kept"))

    _kill_again_and_again(root, tmp_path, *kept, kills=20, seed=seed)

    ended = _play(root, tmp_path, *kept)
    assert _truth() == {name: ended[name] for name in _truth()}
