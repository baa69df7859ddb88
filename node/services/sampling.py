"""A seeded sample of what settled, each with its evidence, in a ZIP with a signed manifest."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

from sqlalchemy import Connection, select

from node.chain.contracts import Contracts
from node.keys.signer import Notary
from node.mirror.registry import asset_of_currency, directory
from node.services.evidence import checkpoint_at, evidence_of, mirrored_height
from node.services.filters import InvalidFilter
from node.settings import Settings
from node.store.session import Store
from node.store.tables import blocks, events, instructions
from settlement.evidence.checkpoint import Checkpoint
from settlement.evidence.sample import (
    COUNT_MAX,
    MANIFEST,
    SEED_CHARACTERS_MAX,
    Draw,
    Drawn,
    Manifest,
    Member,
    manifested,
    write_manifest,
)
from settlement.evidence.verify import verify
from settlement.identifiers import BankReference
from settlement.money import amount_from_decimal, currency
from settlement.posting import SETTLING

SAMPLE_BYTES_MAX = 4 * 1024**3
_ROWS_AT_ONCE = 5_000
_WORD = 2**64
# So that the same sample is the same file.
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to draw from: settled payments to which all that is given applies. Days are UTC days of blocks.

    `amount_from` is a decimal in the currency, which then must be given.
    """

    currency: str | None = None
    counterparty: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    amount_from: str | None = None

    def shown(self) -> dict[str, str | None]:
        """Return the filter as the manifest has it."""
        return {
            "currency": self.currency,
            "counterparty": self.counterparty,
            "first_day": None if self.first_day is None else self.first_day.isoformat(),
            "last_day": None if self.last_day is None else self.last_day.isoformat(),
            "amount_from": self.amount_from,
        }


def write_sample(
    store: Store,
    settings: Settings,
    contracts: Contracts,
    *,
    seed: str,
    count: int,
    wanted: Wanted,
    height: int | None,
    with_document: bool,
    sign: Callable[[Manifest], Manifest],
    into: BinaryIO,
) -> Manifest:
    """Draw `count` members as settled at a height (None: the newest), and write their evidence into a ZIP.

    Raise `InvalidFilter`, `EvidenceMissing`, `StoreInconsistent`, and what is wrong with a filter.
    """
    _validate(seed, count)
    with store.snapshot() as connection:
        until = mirrored_height(connection, height)
        checkpoint = checkpoint_at(connection, settings, contracts, until)
        draw = Draw(seed=seed, wanted=count)
        for member in _population(connection, wanted, until):
            draw.take(member)
    manifest = Manifest(
        chain_id=checkpoint.chain_id,
        height=until,
        block_hash=checkpoint.block_hash,
        seed=seed,
        wanted=count,
        filters=wanted.shown(),
        population=draw.population(),
        files=(),
    )
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        written, bytes_left = [], SAMPLE_BYTES_MAX
        for member in draw.drawn():
            content = evidence_of(
                store, settings, contracts, member.id, height=until, with_document=with_document
            )
            bytes_left -= len(content)
            if bytes_left < 0:
                raise InvalidFilter(
                    f"the sample is above {SAMPLE_BYTES_MAX} bytes; draw fewer", param="count"
                )
            drawn = _drawn(member, content, checkpoint)
            archive.writestr(zipfile.ZipInfo(drawn.name, _WRITTEN_AT), content, zipfile.ZIP_DEFLATED)
            written.append(drawn)
        signed = sign(replace(manifest, files=tuple(written)))
        archive.writestr(zipfile.ZipInfo(MANIFEST, _WRITTEN_AT), write_manifest(signed), zipfile.ZIP_DEFLATED)
    return signed


def signed_by(notary: Notary, address: bytes) -> Callable[[Manifest], Manifest]:
    """Return what signs a manifest by a key of this node's."""
    return lambda manifest: replace(manifest, signatures=(notary.attest(address, manifested(manifest)),))


def _drawn(member: Member, content: bytes, checkpoint: Checkpoint) -> Drawn:
    proven = {check.name: check.found for check in verify(content, checkpoint)}
    return Drawn(
        sha256=hashlib.sha256(content).digest(),
        participant=member.participant,
        sequence=member.sequence,
        settled=proven["receipt"],
    )


def _population(connection: Connection, wanted: Wanted, height: int) -> Iterator[Member]:
    """Yield what had settled at a height and the filter leaves, in the order of the chain."""
    columns = (instructions.c[name] for name in ("id", "payer", "sequence", "asset", "amount"))
    of_instruction = (instructions.c.payer == events.c.initiator) & (
        instructions.c.sequence == events.c.sequence
    )
    query = (
        select(*columns)
        .join(events, of_instruction)
        .join(blocks, blocks.c.height == events.c.height)
        .where(events.c.name.in_(sorted(SETTLING)), events.c.height <= height)
        .order_by(events.c.height, events.c.log_index)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    if wanted.currency is not None:
        asset = asset_of_currency(connection, currency(wanted.currency))
        query = query.where(instructions.c.asset == asset.id)
    if wanted.amount_from is not None:
        if wanted.currency is None:
            raise InvalidFilter("an amount needs its currency", param="amount_from")
        least = amount_from_decimal(wanted.amount_from, currency(wanted.currency))
        query = query.where(instructions.c.amount >= least)
    if wanted.counterparty is not None:
        payee = directory(connection).resolve(BankReference(bic=wanted.counterparty))
        query = query.where(instructions.c.payee == payee.id)
    if wanted.first_day is not None:
        query = query.where(blocks.c.timestamp >= _seconds(wanted.first_day))
    if wanted.last_day is not None:
        query = query.where(blocks.c.timestamp < _seconds(wanted.last_day + timedelta(days=1)))
    for row in connection.execute(query):
        yield Member(
            id=row.id,
            participant=row.payer,
            sequence=row.sequence % _WORD,
            asset=row.asset,
            amount=row.amount,
        )


def _validate(seed: str, count: int) -> None:
    if not 1 <= len(seed) <= SEED_CHARACTERS_MAX or not seed.isprintable():
        raise InvalidFilter(f"a seed has 1 to {SEED_CHARACTERS_MAX} printable characters", param="seed")
    if not 1 <= count <= COUNT_MAX:
        raise InvalidFilter(f"1 to {COUNT_MAX} are drawn at once", param="count")


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
