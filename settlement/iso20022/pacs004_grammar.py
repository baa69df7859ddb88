"""The shape of pacs.004.001.09, payment return, in the notation of `grammar`."""

from settlement.iso20022.components import COMPONENTS, ORIGINAL, REMITTANCE, TRANSFERS
from settlement.iso20022.grammar import compile_grammar

NAME = "pacs.004.001.09"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "PmtRtr"

_RETURNS = """
Returns = GrpHdr ReturnHeader, OrgnlGrpInf? OriginalHeader, TxInf* Return, SplmtryData* refused
ReturnHeader = MsgId text35, CreDtTm datetime, Authstn*2 Authorisation, BtchBookg? boolean,
    NbOfTxs digits15,
    CtrlSum? decimal, GrpRtr? boolean, TtlRtrdIntrBkSttlmAmt? amount, IntrBkSttlmDt? date,
    SttlmInf Settlement, InstgAgt? Agent, InstdAgt? Agent
Authorisation = Cd [AUTH FDET FSUM ILEV] | Prtry text128
OriginalHeader = OrgnlMsgId text35, OrgnlMsgNmId text35, OrgnlCreDtTm? datetime, RtrRsnInf* Reason
OriginalGroup = OrgnlMsgId text35, OrgnlMsgNmId text35, OrgnlCreDtTm? datetime
Return = RtrId? text35, OrgnlGrpInf? OriginalGroup, OrgnlInstrId? text35, OrgnlEndToEndId? text35,
    OrgnlTxId? text35, OrgnlUETR? uetr, OrgnlClrSysRef? text35, OrgnlIntrBkSttlmAmt? amount,
    OrgnlIntrBkSttlmDt? date, RtrdIntrBkSttlmAmt amount, IntrBkSttlmDt? date, SttlmPrty? [URGT HIGH NORM],
    SttlmTmIndctn? SettlementTimes, RtrdInstdAmt? amount, XchgRate? rate, CompstnAmt? amount,
    ChrgBr? [DEBT CRED SHAR SLEV], ChrgsInf* Charges, ClrSysRef? text35, InstgAgt? Agent, InstdAgt? Agent,
    RtrChain? Chain, RtrRsnInf* Reason, OrgnlTxRef? Original, SplmtryData* refused
Charges = Amt amount, Agt Agent
Chain = UltmtDbtr? Anybody, Dbtr Anybody, InitgPty? Anybody, DbtrAgt? Agent, PrvsInstgAgt1? Agent,
    PrvsInstgAgt2? Agent, PrvsInstgAgt3? Agent, IntrmyAgt1? Agent, IntrmyAgt2? Agent, IntrmyAgt3? Agent,
    CdtrAgt? Agent, Cdtr Anybody, UltmtCdtr? Anybody
Reason = Orgtr? Party, Rsn? Code4, AddtlInf* text105
"""

GRAMMAR = compile_grammar(
    COMPONENTS + REMITTANCE + TRANSFERS + ORIGINAL + _RETURNS, start="Returns", namespace=NAMESPACE
)
