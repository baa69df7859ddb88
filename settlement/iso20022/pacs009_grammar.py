"""The shape of pacs.009.001.08, financial institution credit transfer (core), in the notation of `grammar`.

The COV use, which pays for customers' transfers sent in other messages, is refused: those could settle too.
"""

from settlement.iso20022.components import COMPONENTS, TRANSFERS
from settlement.iso20022.grammar import compile_grammar

NAME = "pacs.009.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "FICdtTrf"

_CREDIT_TRANSFERS = """
CreditTransfers = GrpHdr GroupHeader, CdtTrfTxInf+ Transfer, SplmtryData* refused

Transfer = PmtId PaymentId, PmtTpInf? PaymentType, IntrBkSttlmAmt amount, IntrBkSttlmDt? date,
    SttlmPrty? [URGT HIGH NORM], SttlmTmIndctn? SettlementTimes, SttlmTmReq? TimeRequest,
    PrvsInstgAgt1? Agent, PrvsInstgAgt1Acct? Account, PrvsInstgAgt2? Agent, PrvsInstgAgt2Acct? Account,
    PrvsInstgAgt3? Agent, PrvsInstgAgt3Acct? Account, InstgAgt? Agent, InstdAgt? Agent,
    IntrmyAgt1? Agent, IntrmyAgt1Acct? Account, IntrmyAgt2? Agent, IntrmyAgt2Acct? Account,
    IntrmyAgt3? Agent, IntrmyAgt3Acct? Account, UltmtDbtr? Agent, Dbtr Agent, DbtrAcct? Account,
    DbtrAgt? Agent, DbtrAgtAcct? Account, CdtrAgt? Agent, CdtrAgtAcct? Account, Cdtr Agent,
    CdtrAcct? Account, UltmtCdtr? Agent, InstrForCdtrAgt* ForCreditorAgent, InstrForNxtAgt* ForNextAgent,
    Purp? Code4, RmtInf? Remittance, UndrlygCstmrCdtTrf? refused, SplmtryData* refused
ForCreditorAgent = Cd? [PHOB TELB], InstrInf? text140
Remittance = Ustrd* text140
"""

GRAMMAR = compile_grammar(
    COMPONENTS + TRANSFERS + _CREDIT_TRANSFERS, start="CreditTransfers", namespace=NAMESPACE
)
