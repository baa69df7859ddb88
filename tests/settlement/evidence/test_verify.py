"""What is accepted as proof of a settlement, and the list of what is not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from settlement.document import Json, canonical, commitment
from settlement.errors import InvalidEvidence
from settlement.evidence import receipts, rlp, seals, trie
from settlement.evidence.bundle import write_bundle
from settlement.evidence.check import Check
from settlement.evidence.header import Header
from settlement.evidence.receipts import ReceiptLog
from settlement.evidence.verify import verify
from settlement.instruction import keccak
from tests.settlement.evidence.material import (
    CHAIN_ID,
    DOCUMENT,
    FOUR,
    LEDGER,
    SALT,
    SETTLEMENT,
    TERMS,
    VALIDATORS,
    Case,
    Content,
    address_of,
    addresses,
    bundle_of,
    case,
    content,
    extra_data,
    finish,
    header,
    paid,
    receipt,
    seal,
)
from tests.words import head_word, leg_word

NAMES = ["file", "chain", "headers", "finality", "transaction", "receipt", "document"]


def checked(given: Case) -> list[Check]:
    return list(verify(write_bundle(given.bundle), given.checkpoint))


def refused(given: Case) -> str:
    """The name of the check that refused it."""
    with pytest.raises(InvalidEvidence) as error:
        checked(given)
    return error.value.param or ""


def test_a_sealed_settlement_after_the_checkpoint_is_proven() -> None:
    """Each check says what it found, from the file to the document."""
    found = checked(case())

    assert NAMES == [each.name for each in found]
    assert "sealed by 3 of 4 validators" == found[3].found
    assert (
        "instruction 7 of participant 2: participant 2 to 3: 125000 minor units of asset 840"
        == found[5].found
    )


@pytest.mark.parametrize(("block", "checkpoint"), [(3, 5), (3, 3), (1, 0), (5, 0)])
def test_block_and_checkpoint_lie_either_way(block: int, checkpoint: int) -> None:
    """Headers link the block to the checkpoint, whichever is first, or they are the same."""
    assert NAMES == [each.name for each in checked(case(block=block, checkpoint=checkpoint))]


@pytest.mark.parametrize("checkpoint", [3, 5])
def test_without_seals_the_checkpoint_is_what_says_final(checkpoint: int) -> None:
    """Where the engine has no seals it is said that none prove the block."""
    found = checked(case(checkpoint=checkpoint, sealed=False))

    assert found[3].found.startswith("finality not proven by seals")


def test_without_seals_a_checkpoint_before_the_block_proves_nothing() -> None:
    """Anybody can append blocks to one that an auditor knows."""
    assert "finality" == refused(case(block=3, checkpoint=1, sealed=False))


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_receipts_of_every_type_prove(kind: int) -> None:
    """A typed receipt stands in the trie as its type and the list."""
    assert NAMES == [each.name for each in checked(case(found=content(kind=kind)))]


def test_seals_may_come_in_any_order_and_of_any_quorum() -> None:
    """Two honest nodes hold other seals of one block; each set of enough of them proves it."""
    given = case()
    block = given.headers[3]
    for keys in (FOUR, FOUR[::-1], FOUR[1:], (FOUR[3], FOUR[0], FOUR[2])):
        other = seal(block, keys)
        assert given.headers[4].parent_hash == seals.block_hash(other)
        assert NAMES == [each.name for each in checked(given.with_headers(other))]


def test_a_validator_joins_and_another_leaves() -> None:
    """Changes are followed header by header: each is what the vote before it says, sealed by the new set."""
    given = _changing()

    assert "sealed by 3 of 4 validators" == checked(given)[3].found


def test_a_block_before_the_checkpoint_is_sealed_by_its_own_validators() -> None:
    """The checkpoint vouches for the list in an earlier block's header, since the hash has it in it."""
    given = _changing(block=4, checkpoint=5)

    assert addresses(VALIDATORS[1:]) == given.checkpoint.validators
    assert "sealed by 4 of 5 validators" == checked(given)[3].found


def test_an_instruction_of_several_legs_is_proven() -> None:
    """Its digest commits to the document together with head and legs."""
    from settlement.instruction import Leg

    legs = [Leg(asset=840, payer=2, payee=3, amount=5), Leg(asset=978, payer=3, payee=2, amount=4)]
    head = head_word(9, 2).to_bytes(32, "big")
    words = b"".join(leg_word(leg).to_bytes(32, "big") for leg in legs)
    kind = b"Instruction(uint256 chainId,address ledger,uint256 head,bytes32 commitment,uint256[] legs)"
    digest = keccak(
        keccak(kind) + CHAIN_ID.to_bytes(32, "big") + LEDGER.rjust(32, b"\0") + head
        + commitment(canonical(DOCUMENT), bytes(range(32))) + keccak(words)
    )  # fmt: skip
    data = head + digest + (96).to_bytes(32, "big") + (2).to_bytes(32, "big") + words
    topic = keccak(b"Settled(uint256,bytes32,uint256[])")
    log = ReceiptLog(address=SETTLEMENT, topics=(topic,), data=data)
    given = case(found=content(log))
    bundle = replace(given.bundle, contract="Settlement", event="Settled", log=0)

    assert NAMES == [each.name for each in checked(replace(given, bundle=bundle))]
    other = replace(bundle, document={"message": "another"})
    assert "document" == refused(replace(given, bundle=other))


def test_a_document_is_not_needed() -> None:
    """The payee's bank proves a settlement without the payer's document, and that is said."""
    given = case()
    found = checked(replace(given, bundle=replace(given.bundle, document=None, salt=None)))

    assert "none given; the chain's commitment stays closed" == found[-1].found


@pytest.mark.parametrize(
    ("amount", "held"),
    [
        ({"@Ccy": "USD", "#text": "1250.00"}, True),
        ({"@Ccy": "USD", "#text": "1250"}, True),
        ({"@Ccy": "USD", "#text": "1250.01"}, False),
        ({"@Ccy": "EUR", "#text": "1250.00"}, False),
        ({"@Ccy": "USD", "#text": "1250.000"}, False),
        ({"@Ccy": "???", "#text": "1250"}, False),
        ({"#text": "1250.00"}, False),
    ],
)
def test_a_message_must_say_the_amount_that_settled(amount: dict[str, Json], held: bool) -> None:  # noqa: FBT001
    """A document that is a message of another amount or currency proves nothing, though committed to."""
    document: dict[str, Json] = {"CdtTrfTxInf": {"IntrBkSttlmAmt": amount}}
    made = commitment(canonical(document), SALT)
    log = replace(paid(), data=paid().data[:32] + made)
    given = case(found=content(paid(), log))
    told = replace(given, bundle=replace(given.bundle, document=document))
    if held:
        assert NAMES == [each.name for each in checked(told)]
    else:
        assert "document" == refused(told)


# Each lie by its name, the check that must find it, and how it is told.
def _reseal(keys: tuple[int, ...]) -> Callable[[Case], Case]:
    return lambda given: given.with_headers(seal(given.headers[3], [VALIDATORS[key] for key in keys]))


def _sealed_over_the_hash(given: Case) -> Case:
    block = given.headers[3]
    # With another round than 0 the two digests differ.
    first = replace(block, extra_data=extra_data(addresses(FOUR), round_number=b"\x01"))
    return given.with_headers(seal(first, FOUR, over=seals.block_hash(first)))


def _wrong_round(given: Case) -> Case:
    found = seals.decode(given.headers[3].extra_data)
    extra = extra_data(found.validators, round_number=b"\x02", given=found.seals)
    return given.with_headers(replace(given.headers[3], extra_data=extra))


def _extra(**changes: object) -> Callable[[Case], Case]:
    def change(given: Case) -> Case:
        found = seals.decode(given.headers[3].extra_data)
        options = {"given": found.seals} | changes
        return given.with_headers(
            replace(given.headers[3], extra_data=extra_data(found.validators, **options))  # type: ignore[arg-type]
        )

    return change


def _longer_header(given: Case) -> Case:
    fields = rlp.decode(given.bundle.headers[2])
    assert isinstance(fields, list)
    return _headers_as(given, 2, rlp.encode([*fields, *[b""] * 7]))


def _byte_after(given: Case) -> Case:
    return _headers_as(given, 2, given.bundle.headers[2] + b"\0")


def _headers_as(given: Case, place: int, encoded: bytes) -> Case:
    headers = list(given.bundle.headers)
    headers[place] = encoded
    return replace(given, bundle=replace(given.bundle, headers=tuple(headers)))


def _zero_before_a_number(given: Case) -> Case:
    fields = rlp.decode(given.bundle.headers[2])
    assert isinstance(fields, list)
    fields[9] = b"\0" + rlp.octets(fields[9])
    return _headers_as(given, 2, rlp.encode(fields))


def _bundle(**changes: object) -> Callable[[Case], Case]:
    return lambda given: replace(given, bundle=replace(given.bundle, **changes))  # type: ignore[arg-type]


def _checkpoint(**changes: object) -> Callable[[Case], Case]:
    return lambda given: replace(given, checkpoint=replace(given.checkpoint, **changes))  # type: ignore[arg-type]


def _content(found: Content) -> Callable[[Case], Case]:
    return lambda _: case(found=found)


def _receipts(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Callable[[Case], Case]:
    found = content()
    return _content(replace(found, receipts=change(found.receipts)))


def _as_string(found: tuple[bytes, ...]) -> tuple[bytes, ...]:
    typed = receipt(*receipts.decode(found[2]).logs, kind=2)
    return (*found[:2], rlp.encode(typed), *found[3:])


def _longer_proof(given: Case) -> Case:
    return _bundle(receipt=(*given.bundle.receipt, given.bundle.receipt[-1]))(given)


def _self_made(given: Case) -> Case:
    """A chain of one's own that has the same payment, sealed by one's own validators."""
    own = [VALIDATORS[4]]
    headers = list[Header]()
    for number in range(6):
        within = content() if number == 3 else Content()
        made = header(headers[-1] if headers else None, within, extra=extra_data(addresses(own)))
        headers.append(seal(made, own) if number else made)
    forged = finish(headers, block=3, checkpoint=1, found=content(), validators=addresses(own))
    return replace(given, bundle=forged.bundle)


def _appended(given: Case) -> Case:
    """The same on top of the checkpoint's own block."""
    own = [VALIDATORS[4]]
    headers = list(given.headers[:2])
    for number in (2, 3):
        within = content() if number == 3 else Content()
        made = header(headers[-1], within, extra=extra_data(addresses(own)))
        headers.append(seal(made, own))
    return replace(given, bundle=bundle_of(headers, 3, 1, content()))


def _appended_with_a_vote(given: Case) -> Case:
    """The same, after a block of one's own whose vote brings one's own validator in."""
    own = VALIDATORS[4]
    vote = (address_of(own), b"\xff")
    headers = list(given.headers[:2])
    headers.append(header(headers[-1], Content(), extra=extra_data(addresses(FOUR), vote=vote)))
    made = header(headers[-1], content(), extra=extra_data(addresses(VALIDATORS)))
    headers.append(seal(made, [own]))
    return replace(given, bundle=bundle_of(headers, 3, 1, content()))


def _checkpoint_of_the_bundle(given: Case) -> Case:
    """What a forger's own checkpoint would vouch for is nothing to the auditor's."""
    return replace(_self_made(given), checkpoint=given.checkpoint)


def _other_salt(given: Case) -> Case:
    salt = bytearray(given.bundle.salt or b"")
    salt[5] ^= 1
    return _bundle(salt=bytes(salt))(given)


def _missing_header(given: Case) -> Case:
    return _bundle(headers=given.bundle.headers[1:])(given)


def _swapped_headers(given: Case) -> Case:
    return _bundle(headers=given.bundle.headers[::-1])(given)


def _other_block(given: Case) -> Case:
    return _bundle(height=2, headers=given.bundle.headers[:2])(given)


_BIT = {"message": "test", "CdtTrfTxInf": {"purpose": "renu"}}
LIES: dict[str, tuple[str, Callable[[Case], Case]]] = {
    "2 of 4 seals": ("finality", _reseal((0, 1))),
    "no seals": ("finality", _reseal(())),
    "a doubled seal": ("finality", _reseal((0, 1, 1))),
    "a doubled seal beside a quorum": ("finality", _reseal((0, 1, 2, 2))),
    "a seal by somebody who is no validator": ("finality", _reseal((0, 1, 4))),
    "a seal by nobody": ("finality", _extra(given=[b"\0" * 65] * 3)),
    "a seal with v 27": ("finality", _extra(given=[b"\1" * 64 + b"\x1b"] * 3)),
    "a seal of 64 bytes": ("headers", _extra(given=[b"\1" * 64] * 3)),
    "more seals than validators": ("finality", _extra(given=[b"\1" * 64 + b"\0"] * 5)),
    "seals over the block hash": ("finality", _sealed_over_the_hash),
    "another round than was sealed": ("finality", _wrong_round),
    "a round with a leading zero": ("headers", _extra(round_number=b"\0\1")),
    "a round of five bytes": ("headers", _extra(round_number=b"\1\0\0\0\0")),
    "an extra item in the extra data": ("headers", _extra(more=[b"\1"])),
    "a vote that is neither": ("headers", _extra(vote=(b"\1" * 20, b"\xaa"))),
    "an extra item in the header": ("headers", _longer_header),
    "a byte after the header": ("headers", _byte_after),
    "a zero before a number": ("headers", _zero_before_a_number),
    "a header missing": ("headers", _missing_header),
    "headers in another order": ("headers", _swapped_headers),
    "another block": ("transaction", _other_block),
    "typed receipt wrapped as a string": ("receipt", _receipts(_as_string)),
    "index off by one": ("transaction", _bundle(transaction_index=3)),
    "log index off by one": ("receipt", _bundle(log=0)),
    "log index beyond the logs": ("receipt", _bundle(log=2)),
    "proof with an extra node": ("receipt", _longer_proof),
    "proof without a node": ("receipt", lambda given: _bundle(receipt=given.bundle.receipt[:-1])(given)),
    "proof without nodes": ("transaction", _bundle(transaction=())),
    "the transaction's proof for the receipt": (
        "receipt",
        lambda given: _bundle(receipt=given.bundle.transaction)(given),
    ),
    "status 0": ("receipt", _content(content(paid(), paid(), succeeded=False))),
    "another contract wrote it": ("receipt", _content(content(paid(), paid(contract=b"\x99" * 20)))),
    "another contract is named": ("receipt", _bundle(contract="Ledger", event="Issued")),
    "a contract that the checkpoint does not name": ("receipt", _bundle(contract="Escrow")),
    "an event that settles nothing": ("receipt", _bundle(event="Refused")),
    "a log with a topic more": (
        "receipt",
        _content(content(paid(), replace(paid(), topics=(*paid().topics, bytes(32))))),
    ),
    "a log with a word more": (
        "receipt",
        _content(content(paid(), replace(paid(), data=paid().data + bytes(32)))),
    ),
    "another chain's number": ("chain", _bundle(chain_id=1)),
    "a transaction signed for another chain": ("transaction", _content(content(chain_id=1))),
    "another chain's checkpoint": ("headers", _checkpoint(block_hash=keccak(b"another"))),
    "another genesis": ("headers", lambda _: _checkpoint(genesis_hash=bytes(32))(case(checkpoint=0))),
    "a self-made chain with a valid inner proof": ("headers", _self_made),
    "the same on the checkpoint's block": ("finality", _appended),
    "the same with a vote of its own": ("finality", _appended_with_a_vote),
    "a checkpoint taken from the bundle": ("headers", _checkpoint_of_the_bundle),
    "another validator set": ("finality", _checkpoint(validators=addresses(VALIDATORS[1:]))),
    "document changed by one bit": ("document", _bundle(document=_BIT)),
    "salt changed by one bit": ("document", _other_salt),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_refused(lie: str) -> None:
    """Each is refused, by the check that must find it."""
    name, tell = LIES[lie]

    assert name == refused(tell(case()))


def test_a_seal_by_a_removed_validator_is_refused() -> None:
    """Who was voted out may not seal what comes after."""
    given = _changing()
    removed = given.with_headers(seal(given.headers[5], (*VALIDATORS[2:4], VALIDATORS[0])))

    assert "finality" == refused(removed)


def test_a_change_of_validators_without_the_vote_is_refused() -> None:
    """A header that lists others than follow from the vote before it proves nothing, whoever sealed it."""
    assert "finality" == refused(_changing(votes=False))


def test_a_change_of_validators_that_they_did_not_seal_is_refused() -> None:
    """The first block of a new set must be sealed by it."""
    given = _changing()
    alone = seal(given.headers[3], VALIDATORS[:2])

    assert "finality" == refused(given.with_headers(alone))


def test_a_vote_that_no_quorum_sealed_changes_nothing() -> None:
    """Two of four could else vote out a third, and be two of three."""
    given = case()
    two = VALIDATORS[:2]
    vote = (address_of(VALIDATORS[2]), b"")
    headers = list(given.headers[:2])
    headers.append(seal(header(headers[-1], Content(), extra=extra_data(addresses(FOUR), vote=vote)), two))
    left = addresses((*two, VALIDATORS[3]))
    headers.append(seal(header(headers[-1], content(), extra=extra_data(left)), two))

    assert "finality" == refused(replace(given, bundle=bundle_of(headers, 3, 1, content())))


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_a_truncated_file_is_refused(cut: int) -> None:
    """What is not all there is not read."""
    given = case()
    with pytest.raises(InvalidEvidence, match="not all of it"):
        list(verify(write_bundle(given.bundle)[:-cut].rstrip(b"\n}"), given.checkpoint))


def test_nothing_is_yielded_after_a_check_that_failed() -> None:
    """The checks before the first that fails were held, and none after it is tried."""
    given = _bundle(chain_id=1)(case())
    found: list[str] = []
    with pytest.raises(InvalidEvidence):
        found.extend(each.name for each in verify(write_bundle(given.bundle), given.checkpoint))

    assert set(found) <= {"file"}


def _changing(*, votes: bool = True, block: int = 5, checkpoint: int = 1) -> Case:
    """A chain on which the fifth validator joins in block 3 and the first leaves in block 5."""
    first, last = address_of(VALIDATORS[0]), address_of(VALIDATORS[4])
    plan: list[tuple[tuple[int, ...], object]] = [
        ((0, 1, 2, 3), ()),
        ((0, 1, 2, 3), ()),
        ((0, 1, 2, 3), (last, b"\xff")),
        ((0, 1, 2, 3, 4), ()),
        ((0, 1, 2, 3, 4), (first, b"")),
        ((1, 2, 3, 4), ()),
    ]
    headers = list[Header]()
    for number, (members, vote) in enumerate(plan):
        keys = [VALIDATORS[member] for member in members]
        extra = extra_data(addresses(keys), vote=vote if votes else ())
        within = content() if number == block else Content()
        made = header(headers[-1] if headers else None, within, extra=extra)
        headers.append(seal(made, keys[: seals.quorum(len(keys))]) if number else made)
    known = addresses([VALIDATORS[member] for member in plan[checkpoint][0]])
    return finish(headers, block=block, checkpoint=checkpoint, found=content(), validators=known)


def test_the_material_is_what_the_libraries_make() -> None:
    """The roots of the made blocks are those of the `trie` library, so the proofs are real."""
    import rlp as library
    from trie.hexary import HexaryTrie

    found = HexaryTrie({})
    for index, each in enumerate(content().receipts):
        found[library.encode(index)] = each

    assert found.root_hash == trie.root(content().receipts)
    assert TERMS.encoded() in content().receipts[2]
