"""Messages for tests: one written by hand that is right, and random ones that follow a grammar."""

import random
import string
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

from lxml import etree
from stdnum.iso7064 import mod_97_10

from settlement.iso20022.grammar import Group
from settlement.iso20022.leaves import Leaf

PACS004 = "urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09"
PACS008 = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"
CAMT050 = "urn:iso:std:iso:20022:tech:xsd:camt.050.001.07"
CAMT056 = "urn:iso:std:iso:20022:tech:xsd:camt.056.001.08"
HEAD = "urn:iso:std:iso:20022:tech:xsd:head.001.001.02"

TRANSFER = """
<CdtTrfTxInf>
  <PmtId><InstrId>I{number}</InstrId><EndToEndId>E{number}</EndToEndId><UETR>{uetr}</UETR></PmtId>
  <IntrBkSttlmAmt Ccy="EUR">{amount}</IntrBkSttlmAmt>
  <ChrgBr>SLEV</ChrgBr>
  <Dbtr><Nm>Anna Adler</Nm></Dbtr>
  <DbtrAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></DbtrAgt>
  <CdtrAgt><FinInstnId><BICFI>BNPAFRPPXXX</BICFI></FinInstnId></CdtrAgt>
  <Cdtr><Nm>Émile Zola &amp; fils</Nm></Cdtr>
</CdtTrfTxInf>"""

BANK_TRANSFER = """
<CdtTrfTxInf>
  <PmtId><InstrId>I{number}</InstrId><EndToEndId>E{number}</EndToEndId><UETR>{uetr}</UETR></PmtId>
  <IntrBkSttlmAmt Ccy="EUR">{amount}</IntrBkSttlmAmt>
  <Dbtr><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></Dbtr>
  <Cdtr><FinInstnId><BICFI>BNPAFRPPXXX</BICFI></FinInstnId></Cdtr>
</CdtTrfTxInf>"""

HEADER = """
<GrpHdr>
  <MsgId>M1</MsgId>
  <CreDtTm>2026-03-02T08:15:00+01:00</CreDtTm>
  <NbOfTxs>{count}</NbOfTxs>
  <IntrBkSttlmDt>2026-03-02</IntrBkSttlmDt>
  <SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>
</GrpHdr>"""

APPLICATION_HEADER = f"""
<AppHdr xmlns="{HEAD}">
  <Fr><FIId><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></FIId></Fr>
  <To><FIId><FinInstnId><BICFI>BNPAFRPPXXX</BICFI></FinInstnId></FIId></To>
  <BizMsgIdr>M1</BizMsgIdr>
  <MsgDefIdr>pacs.008.001.08</MsgDefIdr>
  <CreDt>2026-03-02T08:15:00Z</CreDt>
</AppHdr>"""


def transfer(number: int = 1, amount: str = "12.34") -> str:
    """Return a sound transfer, each number with its own UETR."""
    return TRANSFER.format(number=number, amount=amount, uetr=_uetr(number))


def bank_transfer(number: int = 1, amount: str = "12.34") -> str:
    """Return a sound transfer between banks on their own account, each number with its own UETR."""
    return BANK_TRANSFER.format(number=number, amount=amount, uetr=_uetr(number))


def _uetr(number: int) -> uuid.UUID:
    return uuid.UUID(int=random.Random(number).getrandbits(128), version=4)


def message_of(*transfers: str, header: str | None = None) -> str:
    """Return a message with these transfers, by default one that is sound."""
    bodies = transfers or (transfer(),)
    head = HEADER.format(count=len(bodies)) if header is None else header
    body = head + "".join(bodies)
    return f'<Document xmlns="{PACS008}"><FIToFICstmrCdtTrf>{body}</FIToFICstmrCdtTrf></Document>'


def bank_message_of(*transfers: str) -> str:
    """Return a pacs.009 with these transfers, by default one that is sound."""
    text = message_of(*(transfers or (bank_transfer(),)))
    return text.replace("pacs.008.001.08", "pacs.009.001.08").replace("FIToFICstmrCdtTrf", "FICdtTrf")


def recall_item(
    *,
    uetr: str | None = None,
    message_id: str | None = None,
    end_to_end_id: str | None = None,
    amount: str | None = None,
    reason: str | None = None,
) -> str:
    """Return a payment that is to be cancelled, named by what is given."""
    group = f"<OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>"
    parts = (
        message_id and f"<OrgnlGrpInf>{group}</OrgnlGrpInf>",
        end_to_end_id and f"<OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId>",
        uetr and f"<OrgnlUETR>{uetr}</OrgnlUETR>",
        amount and f'<OrgnlIntrBkSttlmAmt Ccy="EUR">{amount}</OrgnlIntrBkSttlmAmt>',
        reason and f"<CxlRsnInf><Rsn><Cd>{reason}</Cd></Rsn></CxlRsnInf>",
    )
    return f"<TxInf>{''.join(part for part in parts if part)}</TxInf>"


def recall_of(*items: str, count: int | None = None) -> str:
    """Return a camt.056 that asks for the cancellation of these; `count` is what it announces."""
    announced = len(items) if count is None else count
    bank = "<Agt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></Agt>"
    body = (
        f"<Assgnmt><Id>R1</Id><Assgnr>{bank}</Assgnr><Assgne>{bank}</Assgne>"
        "<CreDtTm>2026-03-02T09:00:00Z</CreDtTm></Assgnmt>"
        f"<Case><Id>CASE1</Id><Cretr>{bank}</Cretr></Case>"
        f"<CtrlData><NbOfTxs>{announced}</NbOfTxs></CtrlData><Undrlyg>{''.join(items)}</Undrlyg>"
    )
    return f'<Document xmlns="{CAMT056}"><FIToFIPmtCxlReq>{body}</FIToFIPmtCxlReq></Document>'


def liquidity_transfer(
    *,
    amount: str = "12.34",
    uetr: str | None = None,
    payer: str | None = "COBADEFFXXX",
    date: str | None = None,
) -> str:
    """Return a camt.050 to the other bank; `payer` None: it does not say from whom."""
    end = f"<UETR>{uetr}</UETR>" if uetr else ""
    bank = "<{0}><FinInstnId><BICFI>{1}</BICFI></FinInstnId></{0}>"
    body = (
        "<MsgHdr><MsgId>L1</MsgId><CreDtTm>2026-03-02T08:15:00Z</CreDtTm></MsgHdr>"
        f"<LqdtyCdtTrf><LqdtyTrfId><EndToEndId>E1</EndToEndId>{end}</LqdtyTrfId>"
        f'{bank.format("Cdtr", "BNPAFRPPXXX")}<TrfdAmt><AmtWthCcy Ccy="EUR">{amount}</AmtWthCcy></TrfdAmt>'
        f"{bank.format('Dbtr', payer) if payer else ''}{f'<SttlmDt>{date}</SttlmDt>' if date else ''}"
        "</LqdtyCdtTrf>"
    )
    return f'<Document xmlns="{CAMT050}"><LqdtyCdtTrf>{body}</LqdtyCdtTrf></Document>'


def wrapped(document: str, application_header: str = APPLICATION_HEADER) -> bytes:
    """Return a document behind a business application header."""
    return f"<Envelope>{application_header}{document}</Envelope>".encode()


def sample_files(shared_data: Path, pattern: str = "*") -> list[Path]:
    """Return the published messages of the shared folder; none at all would test nothing."""
    found = sorted((shared_data / "iso20022" / "samples").glob(f"{pattern}.xml"))
    assert found
    return found


def schema_files(shared_data: Path) -> Iterable[bytes]:
    """Yield the official schemas."""
    for path in sorted((shared_data / "iso20022").glob("*.xsd")):
        yield path.read_bytes()


# Letters of several scripts, marks that XML escapes, and white space that must survive.
_ALPHABET = string.ascii_letters + string.digits + " äß€Жφ漢\U0001d11e&<>\"'`|-+:?.,\t\n\u00a0"


def _lei(chance: random.Random) -> str:
    body = "".join(chance.choices(string.ascii_uppercase + string.digits, k=18))
    return body + mod_97_10.calc_check_digits(body)


def _decimal(chance: random.Random, digits_max: int, decimals_max: int) -> str:
    decimals = chance.randint(0, decimals_max)
    whole = str(chance.randint(0, 10 ** chance.randint(1, digits_max - decimals) - 1))
    return whole + ("." + "".join(chance.choices(string.digits, k=decimals)) if decimals else "")


def _day(chance: random.Random) -> str:
    return f"{chance.randint(1, 9999):04}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _clock(chance: random.Random) -> str:
    seconds = f"{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:{chance.randint(0, 59):02}"
    return seconds + chance.choice(["", ".1", ".123456789"]) + chance.choice(["", "Z", "-04:00", "+14:00"])


_TEXTS: dict[str, Callable[[random.Random], str]] = {
    "alphanumeric4": lambda chance: "".join(chance.choices(string.ascii_letters + string.digits, k=4)),
    "country": lambda chance: "".join(chance.choices(string.ascii_uppercase, k=2)),
    "currency": lambda chance: "".join(chance.choices(string.ascii_uppercase, k=3)),
    "digits15": lambda chance: str(chance.randint(0, 10**15 - 1)),
    "phone": lambda chance: f"+{chance.randint(1, 999)}-({chance.randint(0, 999)}){chance.randint(0, 10**9)}",
    "iban": lambda chance: "DE89" + "".join(chance.choices(string.digits, k=18)),
    "boolean": lambda chance: chance.choice(["true", "false", "0", "1"]),
    "time": _clock,
    "date": _day,
    "datetime": lambda chance: f"{_day(chance)}T{_clock(chance)}",
    "decimal": lambda chance: chance.choice(["", "-"]) + _decimal(chance, 18, 17),
    "rate": lambda chance: _decimal(chance, 11, 10),
    "number": lambda chance: _decimal(chance, 18, 0),
    "amount": lambda chance: _decimal(chance, 18, 5),
    "bic": lambda chance: chance.choice(["COBADEFF", "BNPAFRPPXXX", "CHASUS33", "BANYBRRJ"]),
    "lei": _lei,
    "uetr": lambda chance: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
}


def leaf_text(leaf: Leaf, chance: random.Random) -> str:
    """Return a random text that the leaf takes."""
    if leaf.name.startswith("["):
        return chance.choice(leaf.name[1:-1].split())
    if leaf.name.startswith("text"):
        longest = int(leaf.name.removeprefix("text"))
        return "".join(chance.choices(_ALPHABET, k=chance.choice([1, chance.randint(1, longest), longest])))
    return _TEXTS[leaf.name](chance)


def fill(element: etree._Element, group: Group, chance: random.Random, *, fullness: float) -> None:
    """Give an element random content by the grammar; `fullness` is how likely what is optional stands."""
    fields = [
        item for item in group.fields.items() if not (isinstance(item[1].kind, Leaf) and item[1].kind.refused)
    ]
    for tag, field in [chance.choice(fields)] if group.choice else fields:
        if not (field.required or group.choice or chance.random() < fullness):
            continue
        for _ in range(chance.randint(1, min(field.times_max or 3, 3))):
            child = etree.SubElement(element, str(tag))
            if isinstance(field.kind, Group):
                fill(child, field.kind, chance, fullness=fullness * 0.7)
                continue
            child.text = leaf_text(field.kind, chance)
            if field.kind.currency:
                child.set("Ccy", "EUR")
