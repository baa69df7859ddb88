"""The shape of pacs.008.001.08, FI to FI customer credit transfer, in the notation of `grammar`."""

from settlement.iso20022.components import COMPONENTS, REMITTANCE, TRANSFERS
from settlement.iso20022.grammar import compile_grammar

NAME = "pacs.008.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "FIToFICstmrCdtTrf"

_CREDIT_TRANSFERS = """
CreditTransfers = GrpHdr GroupHeader, CdtTrfTxInf+ Transfer, SplmtryData* refused

Transfer = PmtId PaymentId, PmtTpInf? PaymentType, IntrBkSttlmAmt amount, IntrBkSttlmDt? date,
    SttlmPrty? [URGT HIGH NORM], SttlmTmIndctn? SettlementTimes, SttlmTmReq? TimeRequest,
    AccptncDtTm? datetime, PoolgAdjstmntDt? date, InstdAmt? amount, XchgRate? rate,
    ChrgBr [DEBT CRED SHAR SLEV], ChrgsInf* Charge, PrvsInstgAgt1? Agent, PrvsInstgAgt1Acct? Account,
    PrvsInstgAgt2? Agent, PrvsInstgAgt2Acct? Account, PrvsInstgAgt3? Agent, PrvsInstgAgt3Acct? Account,
    InstgAgt? Agent, InstdAgt? Agent, IntrmyAgt1? Agent, IntrmyAgt1Acct? Account, IntrmyAgt2? Agent,
    IntrmyAgt2Acct? Account, IntrmyAgt3? Agent, IntrmyAgt3Acct? Account, UltmtDbtr? Party,
    InitgPty? Party, Dbtr Party, DbtrAcct? Account, DbtrAgt Agent, DbtrAgtAcct? Account, CdtrAgt Agent,
    CdtrAgtAcct? Account, Cdtr Party, CdtrAcct? Account, UltmtCdtr? Party,
    InstrForCdtrAgt* ForCreditorAgent, InstrForNxtAgt* ForNextAgent, Purp? Code4,
    RgltryRptg*10 Regulatory, Tax? Tax, RltdRmtInf*10 RelatedRemittance, RmtInf? Remittance,
    SplmtryData* refused
Charge = Amt amount, Agt Agent
ForCreditorAgent = Cd? [CHQB HOLD PHOB TELB], InstrInf? text140
Regulatory = DbtCdtRptgInd? [CRED DEBT BOTH], Authrty? Authority, Dtls* RegulatoryDetail
Authority = Nm? text140, Ctry? country
RegulatoryDetail = Tp? text35, Dt? date, Ctry? country, Cd? text10, Amt? amount, Inf* text35
RelatedRemittance = RmtId? text35, RmtLctnDtls* RemittanceLocation
RemittanceLocation = Mtd [FAXI EDIC URID EMAL POST SMSM], ElctrncAdr? text2048, PstlAdr? NamedAddress
NamedAddress = Nm text140, Adr Address
"""

GRAMMAR = compile_grammar(
    COMPONENTS + REMITTANCE + TRANSFERS + _CREDIT_TRANSFERS, start="CreditTransfers", namespace=NAMESPACE
)
