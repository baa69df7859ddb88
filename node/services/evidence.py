"""Evidence of a settlement, from what was kept when its block was checked; no chain node is asked."""

from collections.abc import Mapping, Sequence

import orjson
from sqlalchemy import Connection, RowMapping, select

from node.chain.contracts import Contracts
from node.chain.engines import engine
from node.chain.protocol import Chain
from node.errors import EvidenceMissing, NotFound, StoreInconsistent
from node.mirror.head import hash_at, head
from node.mirror.material import Material, header_at, headers_between, material_at
from node.mirror.validators import changed_after, validators_at
from node.mirror.words import signed
from node.services.filters import InvalidFilter
from node.settings import Settings
from node.store.session import Store
from node.store.tables import events, instructions
from settlement.errors import InvalidEvidence
from settlement.evidence import receipts, seals, trie
from settlement.evidence.bundle import HEADERS_MAX, Bundle, write_bundle
from settlement.evidence.checkpoint import Checkpoint, Deployed
from settlement.evidence.verify import verify
from settlement.instruction import keccak
from settlement.posting import SETTLING


def evidence_of(
    store: Store,
    settings: Settings,
    contracts: Contracts,
    payment_id: str,
    *,
    height: int | None = None,
    with_document: bool = True,
) -> bytes:
    """Return the evidence file of a settled instruction, found by its id or UETR.

    Its headers reach to `height`, where the checkpoint is against which it will be checked; None: the newest
    mirrored block. It is checked here before it is given away. Raise `NotFound`, `EvidenceMissing`,
    `StoreInconsistent`.
    """
    with store.snapshot() as connection:
        row = _instruction(connection, payment_id)
        event = _settling(connection, row)
        until = mirrored_height(connection, height)
        if height is None:
            # A contract's validators prove nothing of blocks that others sealed.
            until = min(until, (changed_after(connection, event["height"]) or until + 1) - 1)
        elif validators_at(connection, until) != validators_at(connection, event["height"]):
            raise InvalidFilter(
                f"other validators sealed block {until} than block {event['height']}, by the contract that "
                "keeps them; name a height with the same ones",
                param="height",
            )
        if abs(until - event["height"]) >= HEADERS_MAX:
            raise InvalidFilter(f"a file holds {HEADERS_MAX} headers; name a nearer height", param="height")
        material = material_at(connection, event["height"])
        if material is None or not material.receipts:
            raise EvidenceMissing(
                f"block {event['height']} was mirrored without a check of its receipts; set "
                "VOSTRO_VERIFICATION to full and mirror into a fresh database"
            )
        first, last = sorted((event["height"], until))
        made = _bundle(
            row,
            event,
            material,
            chain_id=contracts.deployment.chain_id,
            headers=headers_between(connection, first, last),
            with_document=with_document,
        )
        checkpoint = checkpoint_at(connection, settings, contracts, until)
    content = write_bundle(made)
    _require_proof(content, checkpoint)
    return content


def make_checkpoint(
    store: Store, settings: Settings, contracts: Contracts, chain: Chain, *, height: int | None = None
) -> Checkpoint:
    """Return the checkpoint at a mirrored height (None: the newest), with the contracts' code of now."""
    code_hashes = {
        name: keccak(chain.code(address)) for name, address in contracts.deployment.contracts.items()
    }
    with store.snapshot() as connection:
        until = mirrored_height(connection, height)
        return checkpoint_at(connection, settings, contracts, until, code_hashes=code_hashes)


def _instruction(connection: Connection, payment_id: str) -> RowMapping:
    query = select(instructions).where(
        (instructions.c.id == payment_id) | (instructions.c.uetr == payment_id)
    )
    row = connection.execute(query).mappings().one_or_none() if payment_id.isprintable() else None
    if row is None:
        raise NotFound(f"no payment of this node has the id or UETR {payment_id!r}")
    return row


def _settling(connection: Connection, row: RowMapping) -> RowMapping:
    """Return the event by which an instruction settled; raise `EvidenceMissing` when none did."""
    query = select(events).where(
        events.c.initiator == row["payer"],
        events.c.sequence == signed(row["sequence"]),
        events.c.name.in_(SETTLING),
    )
    event = connection.execute(query).mappings().one_or_none()
    if event is None:
        raise EvidenceMissing(f"{row['id']} has not settled in a mirrored block: there is nothing to prove")
    return event


def mirrored_height(connection: Connection, wanted: int | None) -> int:
    """Return a height that is mirrored (None: the newest); raise `InvalidFilter`."""
    found = head(connection)
    if found is None or (wanted is not None and not 0 <= wanted <= found.height):
        raise InvalidFilter(
            f"block {wanted} is not mirrored; the newest is {found.height if found else 'none'}",
            param="height",
        )
    return found.height if wanted is None else wanted


def _bundle(
    row: RowMapping,
    event: RowMapping,
    material: Material,
    *,
    chain_id: int,
    headers: Sequence[bytes],
    with_document: bool,
) -> Bundle:
    index = event["transaction_index"]
    before = sum(len(receipts.decode(each).logs) for each in material.receipts[:index])
    return Bundle(
        chain_id=chain_id,
        height=event["height"],
        transaction_index=index,
        log=event["log_index"] - before,
        contract=event["contract"],
        event=event["name"],
        headers=tuple(headers),
        transaction=tuple(trie.prove(material.transactions, index)),
        receipt=tuple(trie.prove(material.receipts, index)),
        document=orjson.loads(row["document"]) if with_document else None,
        salt=row["salt"] if with_document else None,
    )


def checkpoint_at(
    connection: Connection,
    settings: Settings,
    contracts: Contracts,
    height: int,
    *,
    code_hashes: Mapping[str, bytes] | None = None,
) -> Checkpoint:
    """Return the checkpoint at a mirrored height; without the hashes of the contracts' code unless given."""
    deployment, block_hash, header = (
        contracts.deployment,
        hash_at(connection, height),
        header_at(connection, height),
    )
    if block_hash is None or header is None:
        raise StoreInconsistent(f"block {height} is not mirrored with its header")
    validators = validators_at(connection, height)
    if engine(settings.engine).sealed and not validators:
        validators = seals.decode(header.extra_data).validators
    return Checkpoint(
        chain_id=deployment.chain_id,
        genesis_hash=deployment.genesis_hash,
        height=height,
        block_hash=block_hash,
        validators=validators,
        contracts={
            name: Deployed(address=address, code_hash=(code_hashes or {}).get(name, bytes(32)))
            for name, address in deployment.contracts.items()
        },
    )


def _require_proof(content: bytes, checkpoint: Checkpoint) -> None:
    """Raise `StoreInconsistent` when what is kept does not prove what is mirrored."""
    try:
        for _ in verify(content, checkpoint):
            pass
    except InvalidEvidence as error:
        raise StoreInconsistent(
            f"what is kept does not prove it ({error.param}: {error.detail}); rebuild the mirror and compare"
        ) from None
