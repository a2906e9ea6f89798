"""Invented documents for the tests and the bench of the paper. Nobody here exists."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sportello.billing.paper.content import (
    Addressee,
    BankAccount,
    Content,
    Correction,
    Fund,
    Group,
    Issuer,
    Kind,
    Line,
    Payment,
    Stamp,
    Totals,
    Withholding,
    Words,
)

D = Decimal
DAY = date(2026, 11, 10)
ZERO = D("0.00")

EXEMPT = Words(
    "Operazione esente IVA ai sensi dell'art. 10, primo comma, n. 18, D.P.R. 633/1972",
    "VAT exempt under art. 10(1)(18) of D.P.R. 633/1972",
)
CARD = Words("Carta di pagamento", "Payment card")

MARTA = Issuer(
    name="Marta Bellandi",
    profession="Psicologa psicoterapeuta",
    address=("Via delle Ginestre 14", "40121 Bologna BO"),
    vat_number="01234567897",
    fiscal_code="BLLMRT80A41A944X",
    regime=Words("Regime ordinario (RF01)", "Ordinary scheme (RF01)"),
    register="Ordine degli Psicologi dell'Emilia-Romagna",
    register_number="9999",
    insurer="Assicuratrice Inventata",
    policy="PI-0001",
    contacts=("051 0000000", "studio@ginestra.example"),
)
GIULIA = Addressee(
    name="Giulia Ferraro", address=("Via dei Tigli 3", "40126 Bologna BO"), fiscal_code="FRRGLI90A41A944Q"
)
CLINIC = Addressee(
    name="Poliambulatorio Inventato S.r.l.",
    address=("Viale dell'Industria 8", "40138 Bologna BO"),
    fiscal_code="01234567897",
    vat_number="01234567897",
    delivery="ABC1234",
)

STICKER = Stamp(
    Words("Imposta di bollo di euro 2,00 assolta sull'originale. ID marca: 01234567890123"),
    D("2.00"),
    "N1",
    paper=True,
    identifier="01234567890123",
)

SIMPLE = Content(
    kind=Kind.INVOICE,
    number="79/2026",
    issued_on=DAY,
    issuer=MARTA,
    addressee=GIULIA,
    lines=(Line("Prestazione sanitaria psicologica", D(1), D("90.00"), "N4", D("90.00")),),
    groups=(Group("N4", D("90.00"), D("1.80"), D("91.80"), ZERO, EXEMPT),),
    fund=Fund(Words("Contributo integrativo ENPAP 2%", "ENPAP supplementary contribution 2%"), D("1.80")),
    stamp=STICKER,
    totals=Totals(D("90.00"), D("1.80"), ZERO, D("2.00"), D("93.80"), ZERO, D("93.80")),
    payments=(Payment(DAY, CARD, D("93.80"), True),),
    paid_on=DAY,
)

MIXED = replace(
    SIMPLE,
    number="80/E/2026",
    addressee=CLINIC,
    lines=(
        Line("Psicoterapia", D(1), D("60.00"), "N4", D("60.00")),
        Line("Consulenza aziendale, analisi del clima interno", D("2.5"), D("400.00"), "22%", D("900.00"), "", D(10)),
    ),
    groups=(
        Group("N4", D("60.00"), D("1.20"), D("61.20"), ZERO, EXEMPT),
        Group("22%", D("900.00"), D("18.00"), D("918.00"), D("201.96"), Words("IVA 22%", "VAT 22%")),
    ),
    fund=Fund(Words("Contributo integrativo ENPAP 2%", "ENPAP supplementary contribution 2%"), D("19.20")),
    stamp=None,
    withholding=Withholding(D(20), D("960.00"), D("192.00")),
    totals=Totals(D("960.00"), D("19.20"), D("201.96"), ZERO, D("1181.16"), D("192.00"), D("989.16")),
    payments=(),
    paid_on=None,
    due_on=date(2026, 12, 10),
    payment_method=Words("Bonifico bancario", "Bank transfer"),
    bank=BankAccount("IT60X0542811101000000123456", "Marta Bellandi", "Banca Inventata"),
)

CREDIT = replace(
    SIMPLE,
    kind=Kind.CREDIT_NOTE,
    number="3/NC/2026",
    issued_on=date(2026, 11, 20),
    correction=Correction(
        "79/2026", DAY, Words("Nota di credito a storno totale della fattura n. 79/2026 del 10/11/2026")
    ),
    stamp=Stamp(Words("Imposta di bollo restituita"), D("2.00"), "N1"),
    payments=(),
    paid_on=None,
)

FLAT = replace(
    SIMPLE,
    issuer=replace(MARTA, regime=Words("Regime forfetario (RF19)", "Flat-rate scheme (RF19)")),
    lines=(Line("Seduta di psicoterapia", D(1), D("100.00"), "N2.2", D("100.00")),),
    groups=(
        Group(
            "N2.2",
            D("100.00"),
            D("2.00"),
            D("102.00"),
            ZERO,
            Words(
                "Operazione effettuata ai sensi dell'art. 1, commi 54-89, L. 190/2014: "
                "regime forfetario, senza applicazione dell'IVA",
                "Flat-rate scheme, art. 1 paras 54-89 of Law 190/2014: no VAT charged",
            ),
        ),
    ),
    fund=Fund(Words("Contributo integrativo ENPAP 2%", "ENPAP supplementary contribution 2%"), D("2.00")),
    stamp=Stamp(Words("Imposta di bollo di euro 2,00 assolta sull'originale"), D("2.00"), "N2.2", paper=True),
    totals=Totals(D("100.00"), D("2.00"), ZERO, D("2.00"), D("104.00"), ZERO, D("104.00")),
    payments=(),
    paid_on=None,
    payment_method=Words("Bonifico bancario", "Bank transfer"),
    bank=BankAccount("IT60X0542811101000000123456", "Marta Bellandi"),
    opposition=Words(
        "Il paziente si è opposto alla trasmissione dei dati al Sistema TS ai fini della dichiarazione precompilata",
        "The patient objected to the use of these data for the pre-filled tax return",
    ),
)

ARABIC = replace(
    SIMPLE,
    language="ar",
    addressee=Addressee(
        name="محمد بن عبد الله الهاشمي",
        address=("Via Emilia Levante 120, int. 4", "40139 Bologna BO"),
        fiscal_code="HSHMMD85C10Z330K",
    ),
    lines=(Line("Seduta di psicoterapia", D(1), D("90.00"), "N4", D("90.00"), "جلسة علاج نفسي (60 دقيقة)"),),
    groups=(
        Group(
            "N4", D("90.00"), D("1.80"), D("91.80"), ZERO, Words(EXEMPT.it, "خدمة صحية معفاة من ضريبة القيمة المضافة")
        ),
    ),
    fund=Fund(Words("Contributo integrativo ENPAP 2%", "مساهمة إضافية \u20682\u2069% لصندوق ENPAP"), D("1.80")),
    stamp=replace(
        STICKER,
        wording=Words(
            STICKER.wording.it,
            "رسم طابع قدره \u20682,00\u2069 يورو مدفوع على الأصل، رقم الطابع \u206801234567890123\u2069",
        ),
    ),
    issuer=replace(MARTA, regime=Words("Regime ordinario (RF01)", "النظام العادي (RF01)")),
    payments=(Payment(DAY, Words("Carta di pagamento", "بطاقة دفع"), D("93.80"), True),),
)

CHINESE = replace(
    SIMPLE,
    language="zh-hans",
    addressee=Addressee(
        name="王小明", address=("Via Paolo Sarpi 10", "20154 Milano MI"), fiscal_code="WNGXMN88A01Z210F"
    ),
    lines=(Line("Igiene orale", D(1), D("90.00"), "N4", D("90.00"), "口腔洁治"),),
    groups=(Group("N4", D("90.00"), D("1.80"), D("91.80"), ZERO, Words(EXEMPT.it, "免征增值税的医疗服务")),),
    fund=Fund(Words("Contributo integrativo ENPAP 2%", "ENPAP 附加缴费 2%"), D("1.80")),
    payments=(Payment(DAY, Words("Carta di pagamento", "银行卡"), D("93.80"), True),),
)

UKRAINIAN = replace(
    FLAT,
    language="uk",
    addressee=Addressee(
        name="Олександра Ґалаґан", address=("вул. Хрещатик 22", "01001 Київ"), country="Ucraina", foreign_id="FX123456"
    ),
    lines=(Line("Seduta di psicoterapia", D(1), D("100.00"), "N2.2", D("100.00"), "Сеанс психотерапії"),),
)

LONG = replace(
    MIXED,
    lines=tuple(
        Line(
            f"Seduta numero {number} del percorso"
            + (", con una descrizione che va a capo perché è lunga" if number % 7 == 0 else ""),
            D(1),
            D("10.00"),
            "N4",
            D("10.00"),
            performed_on=date(2026, 1 + number % 10, 1 + number % 28),
        )
        for number in range(1, 71)
    ),
    groups=(Group("N4", D("700.00"), D("14.00"), D("714.00"), ZERO, EXEMPT),),
    fund=Fund(Words("Contributo integrativo ENPAP 2%"), D("14.00")),
    stamp=STICKER,
    withholding=None,
    totals=Totals(D("700.00"), D("14.00"), ZERO, D("2.00"), D("716.00"), ZERO, D("716.00")),
    is_copy=True,
)
