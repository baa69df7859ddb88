"""The parts that messages share, in the notation of `grammar`: agents, parties, accounts, remittance, tax,
and what all credit transfers have.

Written from ISO 20022's message definitions (the 2019 versions). Types that differ only in their
name are one type here.
"""

COMPONENTS = """
Code4 = Cd text4 | Prtry text35
Code5 = Cd text5 | Prtry text35
Code3 = Cd text3 | Prtry text35
Code35 = Cd text35 | Prtry text35
OtherId = Id text35, SchmeNm? Code4, Issr? text35

Address = AdrTp? AddressType, Dept? text70, SubDept? text70, StrtNm? text70, BldgNb? text16,
    BldgNm? text35, Flr? text70, PstBx? text16, Room? text70, PstCd? text16, TwnNm? text35,
    TwnLctnNm? text35, DstrctNm? text35, CtrySubDvsn? text35, Ctry? country, AdrLine*7 text70
AddressType = Cd [ADDR PBOX HOME BIZZ MLTO DLVY] | Prtry AddressScheme
AddressScheme = Id alphanumeric4, Issr text35, SchmeNm? text35

Agent = FinInstnId Institution, BrnchId? Branch
Institution = BICFI? bic, ClrSysMmbId? Member, LEI? lei, Nm? text140, PstlAdr? Address, Othr? OtherId
Member = ClrSysId? Code5, MmbId text35
Branch = Id? text35, LEI? lei, Nm? text140, PstlAdr? Address

Party = Nm? text140, PstlAdr? Address, Id? PartyId, CtryOfRes? country, CtctDtls? Contact
PartyId = OrgId OrganisationId | PrvtId PersonId
OrganisationId = AnyBIC? bic, LEI? lei, Othr* OtherId
PersonId = DtAndPlcOfBirth? Birth, Othr* OtherId
Birth = BirthDt date, PrvcOfBirth? text35, CityOfBirth text35, CtryOfBirth country
Contact = NmPrfx? [DOCT MADM MISS MIST MIKS], Nm? text140, PhneNb? phone, MobNb? phone, FaxNb? phone,
    EmailAdr? text2048, EmailPurp? text35, JobTitl? text35, Rspnsblty? text35, Dept? text70,
    Othr* OtherContact, PrefrdMtd? [LETT MAIL PHON FAXX CELL]
OtherContact = ChanlTp text4, Id? text128

Account = Id AccountId, Tp? Code4, Ccy? currency, Nm? text70, Prxy? Proxy
AccountId = IBAN iban | Othr OtherAccountId
OtherAccountId = Id text34, SchmeNm? Code4, Issr? text35
Proxy = Tp? Code4, Id text2048
"""

REMITTANCE = """
Remittance = Ustrd* text140, Strd* Structured
Structured = RfrdDocInf* ReferredDocument, RfrdDocAmt? DocumentAmount, CdtrRefInf? CreditorReference,
    Invcr? Party, Invcee? Party, TaxRmt? TaxRemittance, GrnshmtRmt? Garnishment, AddtlRmtInf*3 text140
ReferredDocument = Tp? DocumentType, Nb? text35, RltdDt? date, LineDtls* Line
DocumentType = CdOrPrtry DocumentTypeCode, Issr? text35
DocumentTypeCode = Cd [MSIN CNFA DNFA CINV CREN DEBN HIRI SBIN CMCN SOAC DISP BOLD VCHR AROI TSUT PUOR] |
    Prtry text35
Line = Id+ LineId, Desc? text2048, Amt? DocumentAmount
LineId = Tp? IssuedCode, Nb? text35, RltdDt? date
IssuedCode = CdOrPrtry Code4, Issr? text35
DocumentAmount = DuePyblAmt? amount, DscntApldAmt* TypedAmount, CdtNoteAmt? amount, TaxAmt* TypedAmount,
    AdjstmntAmtAndRsn* Adjustment, RmtdAmt? amount
TypedAmount = Tp? Code4, Amt amount
Adjustment = Amt amount, CdtDbtInd? [CRDT DBIT], Rsn? text4, AddtlInf? text140
CreditorReference = Tp? CreditorReferenceType, Ref? text35
CreditorReferenceType = CdOrPrtry CreditorReferenceCode, Issr? text35
CreditorReferenceCode = Cd [RADM RPIN FXDR DISP PUOR SCOR] | Prtry text35
Garnishment = Tp IssuedCode, Grnshee? Party, GrnshmtAdmstr? Party, RefNb? text140, Dt? date,
    RmtdAmt? amount, FmlyMdclInsrncInd? boolean, MplyeeTermntnInd? boolean

Tax = Cdtr? TaxParty, Dbtr? TaxDebtor, AdmstnZone? text35, RefNb? text140, Mtd? text35,
    TtlTaxblBaseAmt? amount, TtlTaxAmt? amount, Dt? date, SeqNb? number, Rcrd* TaxRecord
TaxRemittance = Cdtr? TaxParty, Dbtr? TaxDebtor, UltmtDbtr? TaxDebtor, AdmstnZone? text35, RefNb? text140,
    Mtd? text35, TtlTaxblBaseAmt? amount, TtlTaxAmt? amount, Dt? date, SeqNb? number, Rcrd* TaxRecord
TaxParty = TaxId? text35, RegnId? text35, TaxTp? text35
TaxDebtor = TaxId? text35, RegnId? text35, TaxTp? text35, Authstn? TaxAuthorisation
TaxAuthorisation = Titl? text35, Nm? text140
TaxRecord = Tp? text35, Ctgy? text35, CtgyDtls? text35, DbtrSts? text35, CertId? text35, FrmsCd? text35,
    Prd? TaxPeriod, TaxAmt? TaxAmount, AddtlInf? text140
TaxPeriod = Yr? date,
    Tp? [MM01 MM02 MM03 MM04 MM05 MM06 MM07 MM08 MM09 MM10 MM11 MM12 QTR1 QTR2 QTR3 QTR4 HLF1 HLF2],
    FrToDt? DatePeriod
DatePeriod = FrDt date, ToDt date
TaxAmount = Rate? rate, TaxblBaseAmt? amount, TtlAmt? amount, Dtls* TaxDetail
TaxDetail = Prd? TaxPeriod, Amt amount
"""

TRANSFERS = """
GroupHeader = MsgId text35, CreDtTm datetime, BtchBookg? boolean, NbOfTxs digits15, CtrlSum? decimal,
    TtlIntrBkSttlmAmt? amount, IntrBkSttlmDt? date, SttlmInf Settlement, PmtTpInf? PaymentType,
    InstgAgt? Agent, InstdAgt? Agent
Settlement = SttlmMtd [INDA INGA COVE CLRG], SttlmAcct? Account, ClrSys? Code3, InstgRmbrsmntAgt? Agent,
    InstgRmbrsmntAgtAcct? Account, InstdRmbrsmntAgt? Agent, InstdRmbrsmntAgtAcct? Account,
    ThrdRmbrsmntAgt? Agent, ThrdRmbrsmntAgtAcct? Account
PaymentType = InstrPrty? [HIGH NORM], ClrChanl? [RTGS RTNS MPNS BOOK], SvcLvl* Code4, LclInstrm? Code35,
    CtgyPurp? Code4
PaymentId = InstrId? text35, EndToEndId text35, TxId? text35, UETR? uetr, ClrSysRef? text35
SettlementTimes = DbtDtTm? datetime, CdtDtTm? datetime
TimeRequest = CLSTm? time, TillTm? time, FrTm? time, RjctTm? time
ForNextAgent = Cd? [PHOA TELA], InstrInf? text140
"""

# A transaction that another message speaks of.
ORIGINAL = """
Anybody = Pty Party | Agt Agent
Original = IntrBkSttlmAmt? amount, Amt? OriginalAmount, IntrBkSttlmDt? date, ReqdColltnDt? date,
    ReqdExctnDt? Moment, CdtrSchmeId? Party, SttlmInf? Settlement, PmtTpInf? OriginalType,
    PmtMtd? [CHK TRF DD TRA], MndtRltdInf? refused, RmtInf? Remittance, UltmtDbtr? Anybody, Dbtr? Anybody,
    DbtrAcct? Account, DbtrAgt? Agent, DbtrAgtAcct? Account, CdtrAgt? Agent, CdtrAgtAcct? Account,
    Cdtr? Anybody, CdtrAcct? Account, UltmtCdtr? Anybody, Purp? Code4
OriginalAmount = InstdAmt amount | EqvtAmt Equivalent
Equivalent = Amt amount, CcyOfTrf currency
Moment = Dt date | DtTm datetime
OriginalType = InstrPrty? [HIGH NORM], ClrChanl? [RTGS RTNS MPNS BOOK], SvcLvl* Code4, LclInstrm? Code35,
    SeqTp? [FRST RCUR FNAL OOFF RPRE], CtgyPurp? Code4
"""
