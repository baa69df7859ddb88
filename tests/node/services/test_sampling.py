"""A sample from the mirror: the same for the same seed, of what the filter leaves, and checked offline."""

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import coincurve
import pytest

from node.cli.sampled import verify_zip
from node.keys.policed import PolicedSigner
from node.keys.policy import notary_policy
from node.keys.signing import in_memory
from node.services.evidence import make_checkpoint
from node.services.filters import InvalidFilter
from node.services.sampling import Wanted, signed_by, write_sample
from node.store.session import Store
from settlement.errors import (
    InvalidEvidence,
    InvalidSample,
    SettlementError,
    UnknownCurrency,
    UnknownParticipant,
)
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.sample import MANIFEST, Manifest
from tests.node.bank import Bank, request
from tests.scenario import BANKS, Network

_KEY = coincurve.PrivateKey(BANKS[0].secret("pay"))
_ADDRESS = BANKS[0].key("pay")
_ALL = Wanted()


@pytest.fixture
def bank(store: Store, network: Network) -> Bank:
    """The first bank with twelve payments settled."""
    bank = Bank(store=store, network=network)
    bank.accept(*(request(number) for number in range(12)))
    bank.run()
    return bank


def _sample(
    bank: Bank, wanted: Wanted = _ALL, *, seed: str = "audit 2026", count: int = 4
) -> tuple[bytes, Manifest]:
    notary = PolicedSigner({_ADDRESS: in_memory(_KEY)}, notary_policy(bank.network.chain.chain_id()))
    into = BytesIO()
    made = write_sample(
        bank.store,
        bank.settings,
        bank.network.contracts,
        seed=seed,
        count=count,
        wanted=wanted,
        height=None,
        with_document=True,
        sign=signed_by(notary, _ADDRESS),
        into=into,
    )
    return into.getvalue(), made


def _checkpoint(bank: Bank) -> Checkpoint:
    return make_checkpoint(bank.store, bank.settings, bank.network.contracts, bank.network.chain)


def test_a_sample_is_checked_offline(bank: Bank, tmp_path: Path) -> None:
    """The same seed makes the same file; each member's evidence holds against the checkpoint."""
    content, made = _sample(bank)
    path = tmp_path / "sample.zip"
    path.write_bytes(content)

    names = [check.name for check in verify_zip(path, _checkpoint(bank), ["0x" + _ADDRESS.hex()])]
    assert ["manifest", "chain", "files", *(each.name for each in made.files)] == names
    assert (4, 12) == (len(made.files), made.population.count)
    assert sum(each.amount for each in bank.payments()) == sum(made.population.totals.values())
    assert content == _sample(bank)[0]
    assert made.files != _sample(bank, seed="another")[1].files
    with pytest.raises(InvalidSample, match="did not sign"):
        list(verify_zip(path, _checkpoint(bank), ["0x" + "11" * 20]))


def test_of_few_all_are_drawn(bank: Bank) -> None:
    """Whoever asks for more than there are gets all of them."""
    assert 12 == len(_sample(bank, count=100)[1].files)


def test_the_filter_makes_the_population(bank: Bank) -> None:
    """By currency, counterparty, day of the block and least amount; nothing is drawn from outside of it."""
    amounts = sorted(each.amount for each in bank.payments())
    today = datetime.fromtimestamp(bank.network.clock.now(), UTC).date()
    least = f"{amounts[6] // 100}.{amounts[6] % 100:02}"
    populations = [
        _sample(bank, wanted)[1].population.count
        for wanted in (
            Wanted(currency="USD", counterparty=BANKS[1].bic),
            Wanted(currency="USD", amount_from=least),
            Wanted(counterparty=BANKS[2].bic),
            Wanted(last_day=today - timedelta(days=400)),
            Wanted(first_day=today - timedelta(days=400), last_day=today + timedelta(days=400)),
        )
    ]
    assert [12, sum(each >= amounts[6] for each in amounts), 0, 0, 12] == populations


def test_what_nothing_can_be_drawn_from_is_refused(bank: Bank) -> None:
    """With a sentence, before anything is written."""
    refused: list[tuple[type[SettlementError], Callable[[], object]]] = [
        (InvalidFilter, lambda: _sample(bank, seed="")),
        (InvalidFilter, lambda: _sample(bank, seed="x" * 101)),
        (InvalidFilter, lambda: _sample(bank, count=0)),
        (InvalidFilter, lambda: _sample(bank, count=1001)),
        (InvalidFilter, lambda: _sample(bank, Wanted(amount_from="1.00"))),
        (UnknownCurrency, lambda: _sample(bank, Wanted(currency="XXX"))),
        (UnknownParticipant, lambda: _sample(bank, Wanted(counterparty="NOBODY"))),
    ]
    for error, ask in refused:
        with pytest.raises(error):
            ask()


def _rewritten(content: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    into = BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, each in files.items():
            archive.writestr(name, each)
    return into.getvalue()


def _first(files: dict[str, bytes]) -> str:
    return next(name for name in files if name != MANIFEST)


CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "a file changed": lambda content: _rewritten(
        content, lambda files: files.update({_first(files): files[_first(files)] + b"\n"})
    ),
    "a file missing": lambda content: _rewritten(content, lambda files: [files.pop(_first(files))].clear()),
    "a file more": lambda content: _rewritten(content, lambda files: files.update({"extra.json": b"{}"})),
    "a file of 100 MB": lambda content: _rewritten(
        content, lambda files: files.update({_first(files): bytes(100_000_000)})
    ),
    "two thousand files": lambda content: _rewritten(
        content, lambda files: files.update({f"{number}.json": b"" for number in range(2000)})
    ),
    "another seed": lambda content: _rewritten(
        content,
        lambda files: files.update({MANIFEST: files[MANIFEST].replace(b"audit 2026", b"audit 2027")}),
    ),
    "cut short": lambda content: content[:-100],
    "a byte flipped": lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    "no ZIP": lambda content: content[:4] + b"nothing",
}


def test_what_was_changed_is_refused(bank: Bank, tmp_path: Path) -> None:
    """Whatever is done to the file is seen, and not read without end."""
    path, checkpoint, content = tmp_path / "sample.zip", _checkpoint(bank), _sample(bank)[0]
    accepted = []
    for how, change in CHANGED.items():
        path.write_bytes(change(content))
        try:
            list(verify_zip(path, checkpoint, ()))
        except InvalidEvidence:
            continue
        accepted.append(how)
    assert [] == accepted
