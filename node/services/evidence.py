"""Evidence of a settlement, from what was kept when its block was checked; no chain node is asked."""

from collections.abc import Mapping

import orjson
from sqlalchemy import Connection, RowMapping, select

from node.chain.contracts import Contracts
from node.chain.engines import engine
from node.chain.protocol import Chain
from node.errors import EvidenceMissing, NotFound, StoreInconsistent
from node.mirror.cycles import proposed_cycle, settled_event
from node.mirror.head import hash_at, head
from node.mirror.material import header_at, headers_between, material_at
from node.mirror.validators import changed_after, validators_at
from node.mirror.words import signed
from node.services.filters import InvalidFilter
from node.settings import Settings
from node.store.session import Store
from node.store.tables import events, instructions
from settlement.document import Json
from settlement.errors import InvalidEvidence
from settlement.evidence import receipts, seals, trie
from settlement.evidence.bundle import HEADERS_MAX, Bundle, write_bundle
from settlement.evidence.checkpoint import Checkpoint, Deployed
from settlement.evidence.cycle import CyclePayment, claim_in_cycle, read_request
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
        checkpoint = _reaching(connection, settings, contracts, event, height)
        made = _bundle(
            connection,
            event,
            checkpoint,
            document=orjson.loads(row["document"]) if with_document else None,
            salt=row["salt"] if with_document else None,
        )
    return _proven(made, checkpoint)


def evidence_in_cycle(
    store: Store, settings: Settings, contracts: Contracts, content: bytes, *, height: int | None = None
) -> bytes:
    """Return the evidence file of a payment inside a settled netting cycle.

    `content` is what a member of the cycle has of it, as JSON: the cycle's digest, the payment, its places
    in both sides' subtrees, document and salt. Otherwise as `evidence_of`; raise `InvalidBundle` too.
    """
    given = read_request(content)
    with store.snapshot() as connection:
        event = settled_event(connection, given.digest)
        if event is None:
            raise EvidenceMissing(f"no cycle 0x{given.digest.hex()} has settled in a mirrored block")
        checkpoint = _reaching(connection, settings, contracts, event, height)
        cycle = CyclePayment(cycle=proposed_cycle(connection, given.digest), proof=given.proof)
        # What was given may be wrong; what is kept may not.
        claim = claim_in_cycle(cycle, settled=given.digest, checkpoint=checkpoint)
        if given.document is not None and given.salt is not None:
            claim.require_document(given.document, given.salt, checkpoint)
        made = _bundle(connection, event, checkpoint, document=given.document, salt=given.salt, cycle=cycle)
    return _proven(made, checkpoint)


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


def _reaching(
    connection: Connection,
    settings: Settings,
    contracts: Contracts,
    event: RowMapping,
    height: int | None,
) -> Checkpoint:
    """Return the checkpoint to which an event's evidence will reach; raise `InvalidFilter`."""
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
    return checkpoint_at(connection, settings, contracts, until)


def _bundle(
    connection: Connection,
    event: RowMapping,
    checkpoint: Checkpoint,
    *,
    document: dict[str, Json] | None,
    salt: bytes | None,
    cycle: CyclePayment | None = None,
) -> Bundle:
    """Return what proves an event, from what is kept; raise `EvidenceMissing`."""
    height, index = event["height"], event["transaction_index"]
    material = material_at(connection, height)
    if material is None or not material.receipts:
        raise EvidenceMissing(
            f"block {height} was mirrored without a check of its receipts; set VOSTRO_VERIFICATION to full "
            "and mirror into a fresh database"
        )
    before = sum(len(receipts.decode(each).logs) for each in material.receipts[:index])
    return Bundle(
        chain_id=checkpoint.chain_id,
        height=height,
        transaction_index=index,
        log=event["log_index"] - before,
        contract=event["contract"],
        event=event["name"],
        headers=tuple(headers_between(connection, *sorted((height, checkpoint.height)))),
        transaction=tuple(trie.prove(material.transactions, index)),
        receipt=tuple(trie.prove(material.receipts, index)),
        document=document,
        salt=salt,
        cycle=cycle,
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


def _proven(made: Bundle, checkpoint: Checkpoint) -> bytes:
    """Return a bundle's file; raise `StoreInconsistent` when what is kept does not prove what is mirrored."""
    content = write_bundle(made)
    try:
        for _ in verify(content, checkpoint):
            pass
    except InvalidEvidence as error:
        raise StoreInconsistent(
            f"what is kept does not prove it ({error.param}: {error.detail}); rebuild the mirror and compare"
        ) from None
    return content
