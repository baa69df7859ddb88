"""The shape of camt.056.001.08, FI to FI payment cancellation request, in the notation of `grammar`."""

from settlement.iso20022.components import COMPONENTS, ORIGINAL, REMITTANCE, TRANSFERS
from settlement.iso20022.grammar import compile_grammar

NAME = "camt.056.001.08"
NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{NAME}"
ROOT = "FIToFIPmtCxlReq"

_CANCELLATION = """
Request = Assgnmt Assignment, Case? Case, CtrlData? Control, Undrlyg+ Underlying, SplmtryData* refused
Assignment = Id text35, Assgnr Anybody, Assgne Anybody, CreDtTm datetime
Case = Id text35, Cretr Anybody, ReopCaseIndctn? boolean
Control = NbOfTxs digits15, CtrlSum? decimal
Underlying = OrgnlGrpInfAndCxl? refused, TxInf* Cancellation
Cancellation = CxlId? text35, Case? Case, OrgnlGrpInf? Group, OrgnlInstrId? text35,
    OrgnlEndToEndId? text35, OrgnlTxId? text35, OrgnlUETR? uetr, OrgnlClrSysRef? text35,
    OrgnlIntrBkSttlmAmt? amount, OrgnlIntrBkSttlmDt? date, Assgnr? Agent, Assgne? Agent,
    CxlRsnInf* Reason, OrgnlTxRef? Original, SplmtryData* refused
Group = OrgnlMsgId text35, OrgnlMsgNmId text35, OrgnlCreDtTm? datetime
Reason = Orgtr? Party, Rsn? Code4, AddtlInf* text105
"""

GRAMMAR = compile_grammar(
    COMPONENTS + REMITTANCE + TRANSFERS + ORIGINAL + _CANCELLATION, start="Request", namespace=NAMESPACE
)
