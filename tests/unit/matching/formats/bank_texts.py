"""Small statements in the formats of banks, made for these tests."""


def entry(amount="12.50", direction="DBIT", **parts):
    """Write an entry of a camt message; a part that is empty is left out."""
    known = {
        "currency": "EUR",
        "status": "<Sts>BOOK</Sts>",
        "booked": "<BookgDt><Dt>2026-10-05</Dt></BookgDt>",
        "valued": "<ValDt><Dt>2026-10-06</Dt></ValDt>",
        "reference": "",
        "extra": "",
        "details": "<NtryDtls><TxDtls><RmtInf><Ustrd>Medicine</Ustrd></RmtInf></TxDtls></NtryDtls>",
    } | parts
    return (
        f'<Ntry>\n<Amt Ccy="{known["currency"]}">{amount}</Amt>\n<CdtDbtInd>{direction}</CdtDbtInd>'
        f"{known['extra']}{known['status']}{known['booked']}{known['valued']}{known['reference']}"
        f"{known['details']}</Ntry>\n"
    )


def balance(code, amount, direction="CRDT", currency="EUR", day="2026-10-05"):
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{amount}</Amt>'
        f"<CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>\n"
    )


def statement(*content, account="DE89370400440532013000", name="Stmt"):
    return (
        f"<{name}><Id>S1</Id>\n<Acct><Id><IBAN>{account}</IBAN></Id></Acct>\n"
        f"{''.join(content)}</{name}>\n"
    )


def camt(*statements, message="BkToCstmrStmt", version="053.001.02", head=""):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{head}'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{version}">\n<{message}>\n'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>\n{''.join(statements)}</{message}>\n</Document>\n"
    )


CAMT = camt(
    statement(
        balance("OPBD", "100.00"),
        entry(),
        entry("40", "CRDT", reference="<AcctSvcrRef>REF-0001</AcctSvcrRef>"),
        balance("CLBD", "127.50"),
    )
)

MT940 = """\
:20:START
:25:10020030/1234567
:28C:5/1
:60F:C261004EUR100,00
:61:2610051005D12,50NTRFNONREF//BANK-0001
:86:020?00UEBERWEISUNG?20Medicine for Octo?21ber?32HOSPITAL
:61:2610051005CR40,NTRFWD20261101
:86:PLAIN TEXT
:62F:C261005EUR127,50
-
"""

MT942 = """\
:20:INTERIM
:25:10020030/1234567
:28C:5/2
:34F:EUR0,00
:13D:2610051730+0100
:61:2610051005C40,00NTRFNONREF//BANK-0001
:86:NOT YET
:90D:0EUR0,00
:90C:1EUR40,00
"""

OFX_TRANSACTIONS = """\
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261005120000.000[-5:EST]<TRNAMT>-12.50<FITID>F1<NAME>HOSPITAL<MEMO>Medicine</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261006<TRNAMT>40<FITID>F2<NAME>PLATFORM<MEMO>WD20261101</STMTTRN>
"""


def ofx(transactions=OFX_TRANSACTIONS, closing="127.50", **parts):
    """Write an OFX 1.x file with one statement."""
    known = {
        "account": "1000 2000",
        "currency": "USD",
        "server": "20261010",
        "list": "BANKTRANLIST",
    }
    known |= parts
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
        f"<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        f"<DTSERVER>{known['server']}<LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>\n"
        f"<BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{known['currency']}\n"
        f"<BANKACCTFROM><BANKID>1<ACCTID>{known['account']}<ACCTTYPE>CHECKING</BANKACCTFROM>\n"
        f"<{known['list']}><DTSTART>20261001<DTEND>20261010\n{transactions}</{known['list']}>\n"
        f"<LEDGERBAL><BALAMT>{closing}<DTASOF>20261010</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


OFX = ofx()

OFX_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>
<OFX>
 <SIGNONMSGSRSV1><SONRS><DTSERVER>20261010</DTSERVER></SONRS></SIGNONMSGSRSV1>
 <CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR</CURDEF>
  <CCACCTFROM><ACCTID>4000</ACCTID></CCACCTFROM>
  <BANKTRANLIST>
   <STMTTRN>
    <TRNTYPE>FEE</TRNTYPE><DTPOSTED>20261005</DTPOSTED>
    <TRNAMT>-1,50</TRNAMT>
    <FITID>X1</FITID><NAME>Bank &amp; Sons</NAME><MEMO><![CDATA[a <b> & c]]></MEMO>
   </STMTTRN>
  </BANKTRANLIST>
 </CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1>
</OFX>
"""

BAI2 = """\
01,BANK,FUND,261006,0800,1,80,1,2/
02,FUND,BANK,1,261005,2400,USD,2/
03,1000,,010,10000,,,015,12750,,,100,4000,1,,400,1250,1,/
16,195,4000,Z,BR1,CR1,PLATFORM WD20261101/
16,495,1250,V,261006,,BR2,,HOSPITAL, OCTOBER/
88,MEDICINE/
49,33250,5/
98,33250,1,7/
99,33250,1,9/
"""

GOOD = {
    "camt.xml": CAMT,
    "mt940.sta": MT940,
    "mt942.sta": MT942,
    "file.ofx": OFX,
    "file.qfx": OFX_XML,
    "file.bai": BAI2,
}
