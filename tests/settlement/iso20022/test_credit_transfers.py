"""Credit transfers: real files are read, wrong ones are refused with every fault in its place."""

import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from settlement.document import canonical
from settlement.errors import FaultyMessage, MessageTooLarge, SettlementError, WrongMessage
from settlement.identifiers import BankReference, MemberId
from settlement.iso20022 import credit_transfers
from settlement.iso20022.faults import FAULTS_MAX
from settlement.iso20022.schema import compile_schemas
from settlement.iso20022.transfer import CreditTransfer
from settlement.money import currency, decimal_text
from tests.settlement.iso20022.messages import (
    APPLICATION_HEADER,
    HEADER,
    bank_message_of,
    bank_transfer,
    message_of,
    sample_files,
    schema_files,
    transfer,
    wrapped,
)

PATH = "FIToFICstmrCdtTrf/CdtTrfTxInf"
BANK_PATH = "FICdtTrf/CdtTrfTxInf"


def _faults(message: str | bytes) -> list[tuple[int | None, str, str]]:
    data = message.encode() if isinstance(message, str) else message
    with pytest.raises(FaultyMessage) as caught:
        credit_transfers.read(data)
    return [(fault.transaction, fault.path, fault.code) for fault in caught.value.faults]


def _read(message: str) -> tuple[CreditTransfer, ...]:
    return credit_transfers.read(message.encode()).transfers


def test_published_messages_are_read(shared_data: Path) -> None:
    """All six Fedwire credit transfers are read, and the official schemas agree."""
    schemas = compile_schemas(schema_files(shared_data))
    files = sample_files(shared_data, "*pacs.008")
    read = [credit_transfers.read(path.read_bytes(), schemas=schemas) for path in files]
    amounts = [transfer.amount for message in read for transfer in message.transfers]
    assert [51000074, 51000074, 99900853, 51000074, 51000074, 50000000] == amounts
    for message in read:
        (only,) = message.transfers
        assert ("CLRG", currency("USD"), date(2025, 3, 10)) == (
            message.settlement_method,
            only.currency,
            only.settlement_date,
        )
        assert "8a562c67-ca16-48ba-b074-65581be6f011" == only.uetr
        assert message.sender == only.payer
        assert canonical(message.document(only))


def test_a_published_message_is_read_field_by_field(shared_data: Path) -> None:
    """Banks come from the instructing and instructed agents, not from those of debtor and creditor."""
    (path,) = sample_files(shared_data, "*Scenario5_Step1_pacs.008")
    message = credit_transfers.read(path.read_bytes())
    (only,) = message.transfers
    assert "20250310B1QDRCQR000005" == message.message_id
    assert "2025-03-10T09:00:00-04:00" == message.created_at
    assert ("Scenario05InstrId001", "Scenario05EtoEId001") == (only.instruction_id, only.end_to_end_id)
    assert BankReference(member=MemberId(system="USABA", member="021307481")) == only.payer
    assert BankReference(member=MemberId(system="USABA", member="231981435")) == only.payee
    assert not only.urgent
    creditor = only.content["Cdtr"]
    assert isinstance(creditor, dict)
    assert "Corporation Y" == creditor["Nm"]


def test_other_published_messages_are_refused_by_name(shared_data: Path) -> None:
    """A message of another kind is refused, saying what came and what is taken."""
    others = [path for path in sample_files(shared_data) if "pacs.008" not in path.name]
    assert 4 == len(others)
    for path in others:
        with pytest.raises(WrongMessage) as caught:
            credit_transfers.read(path.read_bytes())
        name = next(part for part in path.stem.split("_") if part.startswith(("camt", "pacs")))
        assert f"xsd:{name}.001." in caught.value.detail
        assert "taken is pacs.008.001.08" in caught.value.detail


def test_a_sound_file_is_read_in_order() -> None:
    """A file of many gives its transfers in their order, each with its own content."""
    transfers = _read(message_of(*(transfer(number, f"{number}.05") for number in range(1, 6))))
    assert [0, 1, 2, 3, 4] == [one.position for one in transfers]
    assert ["E1", "E2", "E3", "E4", "E5"] == [one.end_to_end_id for one in transfers]
    assert [105, 205, 305, 405, 505] == [one.amount for one in transfers]
    assert {date(2026, 3, 2)} == {one.settlement_date for one in transfers}
    assert BankReference(bic="COBADEFFXXX") == transfers[0].payer
    assert BankReference(bic="BNPAFRPPXXX") == transfers[0].payee


def test_everything_in_a_file_is_in_the_document() -> None:
    """The document of a transfer holds its content and both headers, so the chain commits to all of it."""
    message = credit_transfers.read(wrapped(message_of(transfer(1), transfer(2))))
    document = message.document(message.transfers[1])
    assert {"message", "AppHdr", "GrpHdr", "CdtTrfTxInf"} == set(document)
    assert "pacs.008.001.08" == document["message"]
    text = canonical(document).decode()
    for said in ("M1", "E2", "Émile Zola & fils", "SLEV", "2026-03-02T08:15:00Z"):
        assert said in text
    assert "E1" not in text


def test_a_file_is_known_by_its_sender() -> None:
    """The sender is the instructing agent, else who the header is from, else the one payer."""
    agent = "<InstgAgt><FinInstnId><BICFI>CHASUS33</BICFI></FinInstnId></InstgAgt>"
    plain = message_of()
    named = plain.replace("</GrpHdr>", f"{agent}</GrpHdr>")
    assert BankReference(bic="COBADEFFXXX") == credit_transfers.read(plain.encode()).sender
    assert BankReference(bic="CHASUS33") == credit_transfers.read(named.encode()).sender
    header = APPLICATION_HEADER.replace("COBADEFFXXX", "CHASUS33")
    assert BankReference(bic="CHASUS33") == credit_transfers.read(wrapped(plain, header)).sender
    disagreeing = wrapped(named)
    assert [(None, "AppHdr/Fr", "header_disagrees")] == _faults(disagreeing)


def test_several_payers_need_a_named_sender() -> None:
    """A file with transfers of several banks says who sends it, or it could not be known again."""
    two = message_of(transfer(1), transfer(2).replace("COBADEFFXXX", "CHASUS33XXX"))
    assert [(None, "FIToFICstmrCdtTrf/GrpHdr/InstgAgt", "several_senders")] == _faults(two)
    assert BankReference(bic="COBADEFFXXX") == credit_transfers.read(wrapped(two)).sender


def test_one_payer_may_have_several_names() -> None:
    """Transfers that name their payer now by BIC and now by LEI are one bank's, as far as a file can tell."""
    lei = "5493001KJTIIGC8Y1R12"
    by_lei = transfer(2).replace("<BICFI>COBADEFFXXX</BICFI>", f"<LEI>{lei}</LEI>")
    message = credit_transfers.read(message_of(transfer(1), by_lei).encode())
    assert BankReference(bic="COBADEFFXXX", lei=lei) == message.sender


@pytest.mark.parametrize(
    ("where", "what", "urgent"),
    [
        ("<ChrgBr>", "<SttlmPrty>URGT</SttlmPrty><ChrgBr>", True),
        ("<ChrgBr>", "<SttlmPrty>HIGH</SttlmPrty><ChrgBr>", False),
        ("<IntrBkSttlmAmt", "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf><IntrBkSttlmAmt", True),
        ("<IntrBkSttlmAmt", "<PmtTpInf><InstrPrty>NORM</InstrPrty></PmtTpInf><IntrBkSttlmAmt", False),
        ("</GrpHdr>", "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf></GrpHdr>", True),
    ],
)
def test_priority_is_read(where: str, what: str, urgent: bool) -> None:  # noqa: FBT001 - a column of the table
    """Settlement priority URGT and instruction priority HIGH make a transfer urgent."""
    (only,) = _read(message_of().replace(where, what))
    assert urgent == only.urgent


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ("", None),
        ("<SttlmTmReq><RjctTm>16:30:00Z</RjctTm></SttlmTmReq>", "2026-03-02T16:30:00+00:00"),
        ("<SttlmTmReq><RjctTm>16:30:00</RjctTm></SttlmTmReq>", "2026-03-02T16:30:00+00:00"),
        ("<SttlmTmReq><TillTm>16:30:00-05:00</TillTm></SttlmTmReq>", "2026-03-02T21:30:00+00:00"),
        (
            "<SttlmTmReq><TillTm>18:00:00Z</TillTm><RjctTm>17:00:00Z</RjctTm></SttlmTmReq>",
            "2026-03-02T17:00:00+00:00",
        ),
        ("<SttlmTmReq><FrTm>09:00:00Z</FrTm></SttlmTmReq>", None),
    ],
)
def test_deadline_is_read(times: str, expected: str | None) -> None:
    """Until when it may settle, or must, is its deadline on the settlement date: the earlier of both."""
    (only,) = _read(message_of().replace("<ChrgBr>", times + "<ChrgBr>"))
    assert (None if expected is None else datetime.fromisoformat(expected).timestamp()) == only.deadline


def test_earliest_time_is_read() -> None:
    """From when it may settle, on the settlement date, where the file says so."""
    times = "<SttlmTmReq><FrTm>09:00:00-02:00</FrTm></SttlmTmReq>"
    (only,) = _read(message_of().replace("<ChrgBr>", times + "<ChrgBr>"))
    assert datetime.fromisoformat("2026-03-02T11:00:00+00:00").timestamp() == only.not_before
    (other,) = _read(message_of())
    assert other.not_before is None


def test_banks_by_lei_and_member_id_are_read() -> None:
    """A bank may be named by LEI or by member id as well as by BIC; a member id needs its system's code."""
    by_lei = message_of().replace("<BICFI>BNPAFRPPXXX</BICFI>", "<LEI>5493001KJTIIGC8Y1R12</LEI>")
    assert BankReference(lei="5493001KJTIIGC8Y1R12") == _read(by_lei)[0].payee
    member = "<ClrSysMmbId>{}<MmbId>021000021</MmbId></ClrSysMmbId>"
    system = "<ClrSysId><Cd>USABA</Cd></ClrSysId>"
    by_member = message_of().replace("<BICFI>BNPAFRPPXXX</BICFI>", member.format(system))
    assert BankReference(member=MemberId(system="USABA", member="021000021")) == _read(by_member)[0].payee
    unnamed = message_of().replace("<BICFI>BNPAFRPPXXX</BICFI>", member.format(""))
    assert [(0, f"{PATH}[1]", "unnamed_bank")] == _faults(unnamed)
    odd = message_of().replace("<BICFI>BNPAFRPPXXX</BICFI>", member.format(system.replace("US", "u")))
    assert [(0, f"{PATH}[1]/CdtrAgt", "invalid_member_id")] == _faults(odd)


_UETR = transfer().split("<UETR>")[1].split("</UETR>")[0]

BAD_VALUES = [
    (">12.34<", ">0<", "IntrBkSttlmAmt", "amount_not_positive"),
    (">12.34<", ">0.00<", "IntrBkSttlmAmt", "amount_not_positive"),
    (">12.34<", ">-1<", "IntrBkSttlmAmt", "amount_not_positive"),
    (">12.34<", ">12.345<", "IntrBkSttlmAmt", "too_many_decimals"),
    (">12.34<", ">92233720368547759<", "IntrBkSttlmAmt", "amount_too_large"),
    (">12.34<", ">1,5<", "IntrBkSttlmAmt", "invalid_amount"),
    (">12.34<", "><", "IntrBkSttlmAmt", "invalid_amount"),
    ("EUR", "EUX", "IntrBkSttlmAmt", "unknown_currency"),
    ("EUR", "XAU", "IntrBkSttlmAmt", "unknown_currency"),
    (_UETR, _UETR.upper(), "PmtId/UETR", "invalid_uetr"),
    (_UETR, str(uuid.UUID(_UETR[:14] + "1" + _UETR[15:])), "PmtId/UETR", "invalid_uetr"),
    ("BNPAFRPPXXX", "BNPAFRP", "CdtrAgt/FinInstnId/BICFI", "invalid_bic"),
    ("BNPAFRPPXXX", "BNPAXXPPXXX", "CdtrAgt/FinInstnId/BICFI", "invalid_bic"),
    ("SLEV", "SLAV", "ChrgBr", "unknown_code"),
]


@pytest.mark.parametrize(("sound", "bad", "place", "code"), BAD_VALUES)
def test_a_wrong_value_is_a_typed_fault(sound: str, bad: str, place: str, code: str) -> None:
    """A value that can't be right is refused with its own code, at its own place."""
    assert (0, f"{PATH}/{place}", code) in [
        (transaction, path.replace("[1]", ""), found)
        for transaction, path, found in _faults(message_of().replace(sound, bad))
    ]


def test_a_wrong_lei_is_a_typed_fault() -> None:
    """The check digits of an LEI are checked, though the schema doesn't."""
    lei = "<LEI>5493001KJTIIGC8Y1R13</LEI>"
    message = message_of().replace("<BICFI>BNPAFRPPXXX</BICFI>", f"<BICFI>BNPAFRPPXXX</BICFI>{lei}")
    assert [(0, f"{PATH}/CdtrAgt/FinInstnId/LEI", "invalid_lei")] == _faults(message)


def test_every_bad_transaction_of_many_is_listed() -> None:
    """One file, several bad transactions: the file is refused whole, each fault with its position."""
    transfers = [transfer(number) for number in range(1, 11)]
    transfers[2] = transfers[2].replace("12.34", "0")
    transfers[6] = transfers[6].replace("SLEV", "FREE").replace("<Nm>Anna Adler</Nm>", "<Name>Anna</Name>")
    transfers[9] = transfers[9].replace("COBADEFFXXX", "COBADEFF1")
    listed = _faults(message_of(*transfers))
    assert (2, f"{PATH}[3]/IntrBkSttlmAmt", "amount_not_positive") in listed
    assert (6, f"{PATH}[7]/ChrgBr", "unknown_code") in listed
    assert (6, f"{PATH}[7]/Dbtr/Name", "unknown_element") in listed
    assert (9, f"{PATH}[10]/DbtrAgt/FinInstnId/BICFI", "invalid_bic") in listed
    assert {2, 6, 9} == {position for position, _, _ in listed}


def test_the_list_of_faults_has_an_end() -> None:
    """A file that is wrong throughout gives the first faults and says that there are more (R9)."""
    wrong = message_of(*(transfer(number).replace("SLEV", "?") for number in range(FAULTS_MAX + 5)))
    listed = _faults(wrong)
    assert FAULTS_MAX + 1 == len(listed)
    assert "too_many_faults" == listed[-1][2]


def test_supplementary_data_is_refused_by_name() -> None:
    """What could say anything is not carried along unread."""
    extra = "<SplmtryData><Envlp><x/></Envlp></SplmtryData></CdtTrfTxInf>"
    assert [(0, f"{PATH}/SplmtryData", "refused_element")] == _faults(
        message_of().replace("</CdtTrfTxInf>", extra)
    )


def test_limits_are_kept() -> None:
    """Bytes and transactions have limits, which the caller may lower."""
    message = message_of(transfer(1), transfer(2)).encode()
    assert 2 == len(credit_transfers.read(message, transactions_max=2, bytes_max=len(message)).transfers)
    with pytest.raises(MessageTooLarge):
        credit_transfers.read(message, transactions_max=1)
    with pytest.raises(MessageTooLarge):
        credit_transfers.read(message, bytes_max=len(message) - 1)


def test_a_message_without_transfers_is_refused() -> None:
    """A header alone is no message."""
    empty = message_of(header=HEADER.format(count=0)).replace(transfer(), "")
    assert (0, PATH, "missing_element") in _faults(empty)


def test_a_banks_own_transfers_are_read() -> None:
    """In pacs.009 debtor and creditor settle themselves, unless an agent is named for them."""
    agent = "<{0}><FinInstnId><BICFI>CHASUS33XXX</BICFI></FinInstnId></{0}>"
    plain, at_agents = bank_transfer(1), bank_transfer(2)
    at_agents = at_agents.replace("</Dbtr>", "</Dbtr>" + agent.format("DbtrAgt"))
    at_agents = at_agents.replace("<Cdtr>", agent.format("CdtrAgt") + "<Cdtr>")
    instructed = bank_transfer(3).replace("<Dbtr>", agent.format("InstdAgt") + "<Dbtr>")
    message = credit_transfers.read(wrapped_banks(bank_message_of(plain, at_agents, instructed)))
    banks = [(one.payer.bic, one.payee.bic) for one in message.transfers]
    assert [("COBADEFFXXX", "BNPAFRPPXXX"), 2 * ("CHASUS33XXX",), ("COBADEFFXXX", "CHASUS33XXX")] == banks
    document = message.document(message.transfers[0])
    assert "pacs.009.001.08" == document["message"]
    assert {"message", "AppHdr", "GrpHdr", "CdtTrfTxInf"} == set(document)


def wrapped_banks(document: str) -> bytes:
    """Return a pacs.009 behind its business application header."""
    return wrapped(document, APPLICATION_HEADER.replace("pacs.008.001.08", "pacs.009.001.08"))


def test_a_header_of_the_other_message_is_refused() -> None:
    """What announces customers' transfers must hold them, for the two are read by different rules."""
    assert [(None, "AppHdr/MsgDefIdr", "header_disagrees")] == _faults(wrapped(bank_message_of()))


def test_cover_for_customers_transfers_is_refused() -> None:
    """The COV use of pacs.009 pays for transfers of another message; both settled here would pay twice."""
    cover = bank_message_of().replace("</CdtTrfTxInf>", "<UndrlygCstmrCdtTrf/></CdtTrfTxInf>")
    assert [(0, f"{BANK_PATH}/UndrlygCstmrCdtTrf", "refused_element")] == _faults(cover)


@pytest.mark.parametrize(
    ("sound", "bad", "place", "code"),
    [
        (">12.34<", ">12.345<", "[1]/IntrBkSttlmAmt", "too_many_decimals"),
        ("BNPAFRPPXXX", "BNPAFRP", "/Cdtr/FinInstnId/BICFI", "invalid_bic"),
        ("<BICFI>BNPAFRPPXXX</BICFI>", "<Nm>Nobody</Nm>", "[1]", "unnamed_bank"),
        ("<Dbtr>", "<ChrgBr>SLEV</ChrgBr><Dbtr>", "/ChrgBr", "unknown_element"),
        ("<Dbtr>", "<Dbtr><Nm>Anna</Nm>", "/Dbtr/Nm", "unknown_element"),
    ],
)
def test_a_fault_in_a_banks_own_transfer_has_its_place(sound: str, bad: str, place: str, code: str) -> None:
    """A wrong value in a pacs.009 is a typed fault at its own place, as in a pacs.008."""
    assert (0, f"{BANK_PATH}{place}", code) in _faults(bank_message_of().replace(sound, bad))


@given(
    banks=st.booleans(),
    made=st.lists(
        st.tuples(
            st.integers(1, 10**18 - 1),
            st.sampled_from(["EUR", "JPY", "KWD"]),
            st.booleans(),
            st.sampled_from(["BNPAFRPPXXX", "CHASUS33XXX"]),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_what_was_made_comes_back(*, banks: bool, made: list[tuple[int, str, bool, str]]) -> None:
    """A message made from payments is read as the same payments, of customers or of banks, in order."""
    form, message = (bank_transfer, bank_message_of) if banks else (transfer, message_of)
    texts = []
    for number, (amount, code, urgent, payee) in enumerate(made):
        text = form(number, decimal_text(amount, currency(code))).replace('"EUR"', f'"{code}"')
        before = "<Dbtr>" if banks else "<ChrgBr>"
        priority = "URGT" if urgent else "NORM"
        text = text.replace(before, f"<SttlmPrty>{priority}</SttlmPrty>{before}")
        texts.append(text.replace("BNPAFRPPXXX", payee))
    assert [(number, f"E{number}", "COBADEFFXXX", *one) for number, one in enumerate(made)] == [
        (
            one.position,
            one.end_to_end_id,
            one.payer.bic,
            one.amount,
            one.currency.code,
            one.urgent,
            one.payee.bic,
        )
        for one in _read(message(*texts))
    ]


@given(data=st.binary(max_size=200))
def test_no_bytes_raise_a_foreign_error(data: bytes) -> None:
    """Whatever the bytes, they are read or refused by an error of ours."""
    with pytest.raises(SettlementError):
        credit_transfers.read(data)


@given(st.data())
def test_no_damage_raises_a_foreign_error(data: st.DataObject) -> None:
    """A sound file with bytes cut out, put in or changed is read or refused by an error of ours."""
    message = wrapped(message_of(transfer(1), transfer(2)))
    start = data.draw(st.integers(0, len(message)))
    length = data.draw(st.integers(0, 30))
    between = data.draw(
        st.one_of(st.binary(max_size=8), st.sampled_from([b"<", b"/>", b"&", b'"', b"<?a b?>"]))
    )
    with suppress(SettlementError):
        assert credit_transfers.read(message[:start] + between + message[start + length :]).transfers


def _mutations(root: etree._Element, chance: random.Random) -> list[Callable[[], object]]:
    """Return ways to damage a tree: elements lost, doubled, moved, renamed, emptied or given attributes."""
    elements = list(root.iterdescendants("{*}*"))
    if not elements:
        return [lambda: None]
    one, other = chance.choice(elements), chance.choice(elements)
    parent = one.getparent()
    assert parent is not None
    texts = ["", " ", "0", "-1", "x" * 200, "USD", "2026-02-30", "\u0661", "true", other.text or ""]

    def move() -> None:
        if other is not one and other not in one.iterdescendants():
            other.insert(chance.randrange(len(other) + 1), one)

    return [
        lambda: parent.remove(one),
        lambda: parent.insert(chance.randrange(len(parent) + 1), etree.fromstring(etree.tostring(one))),
        lambda: setattr(one, "tag", other.tag),
        lambda: setattr(one, "text", chance.choice(texts)),
        lambda: setattr(one, "tail", chance.choice(texts)),
        lambda: one.set(chance.choice(["Ccy", "x", "{urn:x}y"]), chance.choice(texts)),
        lambda: parent.append(etree.ProcessingInstruction("x", "y")),
        lambda: parent.append(etree.Comment("x")),
        move,
    ]


def test_what_is_read_the_schema_takes(shared_data: Path) -> None:
    """A damaged message that our reader still takes is valid by the official schema."""
    schemas = compile_schemas(schema_files(shared_data))
    sources = [path.read_bytes() for path in sample_files(shared_data, "*pacs.008")]
    sources += [bank_message_of(bank_transfer(1), bank_transfer(2)).encode()]

    @given(seed=st.integers(0, 2**32 - 1), source=st.sampled_from(sources))
    def check(seed: int, source: bytes) -> None:
        chance = random.Random(seed)
        root = etree.fromstring(source)
        for _ in range(chance.randint(1, 2)):
            chance.choice(_mutations(root, chance))()
        damaged = etree.tostring(root)
        try:
            credit_transfers.read(damaged)
        except SettlementError:
            return
        assert credit_transfers.read(damaged, schemas=schemas).transfers

    check()
