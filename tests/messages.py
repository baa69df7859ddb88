"""Files of payments between the banks of the scenario, sound or with one thing wrong."""

from tests.scenario import BANKS
from tests.settlement.iso20022 import messages

DATE = "2025-03-10"


def file_of(*amounts: str, message_id: str = "M1", currency: str = "USD", uetrs: bool = True) -> str:
    """A file of the first bank with a transfer to the second for each amount (decimals)."""
    transfers = [messages.transfer(number, amount) for number, amount in enumerate(amounts or ("12.34",))]
    return _between(messages.message_of(*transfers), message_id=message_id, currency=currency, uetrs=uetrs)


def bank_file_of(*amounts: str, message_id: str = "M1", currency: str = "USD", uetrs: bool = True) -> str:
    """A pacs.009 of the first bank with a transfer of its own to the second for each amount (decimals)."""
    transfers = [
        messages.bank_transfer(number, amount) for number, amount in enumerate(amounts or ("12.34",))
    ]
    text = messages.bank_message_of(*transfers)
    return _between(text, message_id=message_id, currency=currency, uetrs=uetrs)


def _between(text: str, *, message_id: str, currency: str, uetrs: bool) -> str:
    """Put the scenario's banks, day and currency in the place of the example's."""
    for written, wanted in (
        ("COBADEFFXXX", BANKS[0].bic),
        ("BNPAFRPPXXX", BANKS[1].bic),
        ("2026-03-02", DATE),
        ('Ccy="EUR"', f'Ccy="{currency}"'),
        ("<MsgId>M1<", f"<MsgId>{message_id}<"),
    ):
        text = text.replace(written, wanted)
    if not uetrs:
        text = "".join(part.partition("</UETR>")[2] or part for part in text.split("<UETR>"))
    return text


def table_of(*amounts: str, currency: str = "USD") -> str:
    """A table of the first bank with a payment to the second for each amount (decimals)."""
    lines = [
        f"{BANKS[1].bic},{amount},{currency},{DATE},E{number},Anna Adler,Invoice {number}"
        for number, amount in enumerate(amounts or ("12.34",))
    ]
    header = "payee_bic,amount,currency,value_date,end_to_end_id,debtor,remittance"
    return "\r\n".join((header, *lines, ""))


def recall_file_of(*items: str, message_id: str = "R1") -> str:
    """A camt.056 of the first bank for these payments (`messages.recall_item`)."""
    text = _between(messages.recall_of(*items), message_id=message_id, currency="USD", uetrs=True)
    return text.replace("<Id>R1<", f"<Id>{message_id}<", 1)


def liquidity_file_of(amount: str = "12.34", *, message_id: str = "L1", uetr: str | None = None) -> str:
    """A camt.050 of the first bank to the second."""
    text = _between(
        messages.liquidity_transfer(amount=amount, uetr=uetr), message_id="M1", currency="USD", uetrs=True
    )
    return text.replace("<MsgId>L1<", f"<MsgId>{message_id}<")


def return_file_of(*returned: tuple[str, str], message_id: str = "R1") -> str:
    """A pacs.004 of the second bank to the first: amounts (decimals), each with what it returns."""
    bank = "<{0}><FinInstnId><BICFI>{1}</BICFI></FinInstnId></{0}>"
    items = "".join(
        f"<TxInf><RtrId>R{number}</RtrId><OrgnlEndToEndId>E{number}</OrgnlEndToEndId>"
        f"{f'<OrgnlClrSysRef>{original}</OrgnlClrSysRef>' if original else ''}"
        f'<RtrdIntrBkSttlmAmt Ccy="USD">{amount}</RtrdIntrBkSttlmAmt>'
        "<RtrRsnInf><Rsn><Cd>AC03</Cd></Rsn></RtrRsnInf></TxInf>"
        for number, (amount, original) in enumerate(returned)
    )
    header = (
        f"<GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{DATE}T08:15:00Z</CreDtTm>"
        f"<NbOfTxs>{len(returned)}</NbOfTxs>"
        f"<IntrBkSttlmDt>{DATE}</IntrBkSttlmDt><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf>"
        f"{bank.format('InstgAgt', BANKS[1].bic)}{bank.format('InstdAgt', BANKS[0].bic)}</GrpHdr>"
    )
    return f'<Document xmlns="{messages.PACS004}"><PmtRtr>{header}{items}</PmtRtr></Document>'
