"""The shape of camt.050.001.07, liquidity credit transfer, in the notation of `grammar`."""

from settlement.iso20022.components import COMPONENTS
from settlement.iso20022.grammar import compile_grammar

NAME = "camt.050.001.07"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "LqdtyCdtTrf"

# An agent and its address as of 2023; the rest is older.
_TRANSFER = """
Transfer = MsgHdr Header, LqdtyCdtTrf Liquidity, SplmtryData* refused
Header = MsgId text35, CreDtTm? datetime
Liquidity = LqdtyTrfId? TransferId, Cdtr? Bank, CdtrAcct? BankAccount, TrfdAmt TransferredAmount, Dbtr? Bank,
    DbtrAcct? BankAccount, SttlmDt? date
TransferId = InstrId? text35, EndToEndId text35, TxId? text35, UETR? uetr
TransferredAmount = AmtWthtCcy refused | AmtWthCcy amount
Bank = FinInstnId BankId, BrnchId? BankBranch
BankId = BICFI? bic, ClrSysMmbId? Member, LEI? lei, Nm? text140, PstlAdr? BankAddress, Othr? OtherId
BankBranch = Id? text35, LEI? lei, Nm? text140, PstlAdr? BankAddress
BankAddress = AdrTp? AddressType, CareOf? text140, Dept? text70, SubDept? text70, StrtNm? text140,
    BldgNb? text16, BldgNm? text140, Flr? text70, UnitNb? text16, PstBx? text16, Room? text70, PstCd? text16,
    TwnNm? text140, TwnLctnNm? text140, DstrctNm? text140, CtrySubDvsn? text35, Ctry? country,
    AdrLine*7 text70
BankAccount = Id? AccountId, Tp? Code4, Ccy? currency, Nm? text70, Prxy? Proxy
"""

GRAMMAR = compile_grammar(COMPONENTS + _TRANSFER, start="Transfer", namespace=NAMESPACE)
