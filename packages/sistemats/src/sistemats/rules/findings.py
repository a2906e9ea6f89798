"""The findings there can be: code, severity, evidence, and what to say in Italian and English.

`state_code` is what the State is known or said to answer, where anybody knows. Texts never quote a person's code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sistemats.codes import Evidence, Severity


@dataclass(frozen=True, slots=True)
class FindingFacts:
    """One kind of finding. Texts may hold `{name}` places, filled with values that are no personal data."""

    code: str
    severity: Severity
    evidence: Evidence
    italian: str
    english: str
    state_code: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about one field. `index` is the place of the document in a list, None for a single one."""

    field: str
    code: str
    severity: Severity
    italian: str
    english: str
    evidence: Evidence
    state_code: str = ""
    index: int | None = None

    @property
    def blocking(self) -> bool:
        """True when the State is expected to refuse."""
        return self.severity is Severity.ERROR


def blocking(findings: Iterable[Finding]) -> bool:
    """Tell whether any finding would make the State refuse."""
    return any(finding.blocking for finding in findings)


_E, _W, _I = Severity.ERROR, Severity.WARNING, Severity.INFORMATION
_O, _L, _P, _U = Evidence.OFFICIAL, Evidence.OBSERVED, Evidence.CLAIMED, Evidence.UNKNOWN

FINDINGS: dict[str, FindingFacts] = {
    facts.code: facts
    for facts in (
        FindingFacts(
            "vat-format",
            _E,
            _O,
            "La partita IVA deve avere 11 cifre, zeri iniziali compresi.",
            "The VAT number needs 11 digits, leading zeros included.",
        ),
        FindingFacts(
            "vat-check-digit",
            _E,
            _P,
            "La cifra di controllo della partita IVA è errata: ricontrollarla.",
            "The check digit of the VAT number is wrong: look it up again.",
            "S001",
        ),
        FindingFacts(
            "issued-too-early",
            _E,
            _O,
            "La data di emissione non può precedere il 1° gennaio 2014.",
            "The issue date cannot be before 1 January 2014.",
        ),
        FindingFacts(
            "issued-future",
            _W,
            _P,
            "La data di emissione è nel futuro: inviare il documento dopo averlo emesso.",
            "The issue date lies in the future: send the document once it is issued.",
        ),
        FindingFacts(
            "device-range",
            _E,
            _O,
            "Il dispositivo deve essere tra 1 e 999: 1 per fatture e ricevute.",
            "The device must be from 1 to 999: 1 for invoices and receipts.",
        ),
        FindingFacts(
            "number-format",
            _E,
            _O,
            r"Il numero del documento ammette da 1 a 20 lettere, cifre o _ . / \ - senza spazi né accenti.",
            r"The document number takes 1 to 20 letters, digits or _ . / \ - without spaces or accents.",
        ),
        FindingFacts(
            "paid-too-early",
            _E,
            _O,
            "La data di pagamento non può precedere il 1° gennaio 2015.",
            "The payment date cannot be before 1 January 2015.",
        ),
        FindingFacts(
            "paid-future",
            _E,
            _P,
            "La data di pagamento è nel futuro: si inviano solo documenti già pagati.",
            "The payment date lies in the future: only paid documents are sent.",
            "S036",
        ),
        FindingFacts(
            "prepaid-missing",
            _E,
            _O,
            "Il pagamento precede l'emissione: indicare il pagamento anticipato.",
            "The payment comes before the issue: set the prepaid flag.",
        ),
        FindingFacts(
            "prepaid-useless",
            _W,
            _O,
            "Il pagamento anticipato è indicato ma il pagamento non precede l'emissione: ometterlo.",
            "The prepaid flag is set but the payment does not come before the issue: leave it out.",
        ),
        FindingFacts(
            "late",
            _W,
            _L,
            "Il termine per l'invio è passato il {deadline}: il documento può essere accolto con avviso.",
            "The deadline passed on {deadline}: the document may be accepted with a warning.",
            "W008",
        ),
        FindingFacts(
            "year-closed",
            _W,
            _L,
            "Il pagamento è del {year}: l'anno può risultare già chiuso e il documento respinto.",
            "The payment is of {year}: that year may be closed already and the document refused.",
            "S035",
        ),
        FindingFacts(
            "items-missing",
            _E,
            _O,
            "Il documento non ha voci di spesa: ne serve almeno una.",
            "The document has no items: it needs at least one.",
        ),
        FindingFacts(
            "amount-positive",
            _E,
            _O,
            "L'importo deve essere maggiore di zero, anche nei rimborsi.",
            "The amount must be more than zero, in refunds too.",
        ),
        FindingFacts(
            "amount-decimals",
            _E,
            _O,
            "L'importo ammette due decimali: arrotondarlo al centesimo.",
            "The amount takes two decimals: round it to the cent.",
        ),
        FindingFacts(
            "amount-too-large",
            _E,
            _O,
            "L'importo massimo di una voce è 99999,99 euro: dividere la voce.",
            "An item holds at most 99999.99 euro: split it.",
        ),
        FindingFacts(
            "type-not-allowed",
            _E,
            _O,
            "Il tipo di spesa {type} non è ammesso per questa categoria; sono ammessi {allowed}.",
            "Expense type {type} is not allowed for this category; allowed are {allowed}.",
        ),
        FindingFacts(
            "flag-pair",
            _E,
            _O,
            "Il flag 1 vale solo con TK (pronto soccorso), il flag 2 solo con SR (intramoenia).",
            "Flag 1 goes only with TK (emergency room), flag 2 only with SR (intramoenia).",
        ),
        FindingFacts(
            "vat-both",
            _E,
            _O,
            "Indicare l'aliquota IVA oppure la natura IVA, non entrambe.",
            "Give the VAT rate or the VAT nature, not both.",
        ),
        FindingFacts(
            "vat-missing",
            _E,
            _L,
            "Manca l'aliquota IVA oppure la natura IVA (N4 per le prestazioni esenti).",
            "The VAT rate or the VAT nature is missing (N4 for exempt care).",
            "S016",
        ),
        FindingFacts(
            "vat-missing-refund",
            _W,
            _U,
            "Nel rimborso manca l'aliquota o la natura IVA: indicarla per prudenza.",
            "The refund gives no VAT rate or nature: give one to be safe.",
        ),
        FindingFacts(
            "rate-range",
            _E,
            _O,
            "L'aliquota IVA deve essere tra 0 e 100, con due decimali.",
            "The VAT rate must be from 0 to 100, with two decimals.",
        ),
        FindingFacts(
            "nature-unknown",
            _E,
            _O,
            "Natura IVA non ammessa per questo tipo di documento: {allowed}.",
            "VAT nature not allowed for this type of document: {allowed}.",
            "S016",
        ),
        FindingFacts(
            "citizen-missing",
            _E,
            _O,
            "Manca il codice fiscale del cittadino, che non si è opposto.",
            "The citizen's fiscal code is missing, and there is no opposition.",
        ),
        FindingFacts(
            "citizen-despite-opposition",
            _E,
            _O,
            "Il cittadino si è opposto: il codice fiscale non va inviato.",
            "The citizen opposes: the fiscal code must not be sent.",
        ),
        FindingFacts(
            "citizen-format",
            _E,
            _L,
            "Il codice fiscale del cittadino è formalmente errato: 16 caratteri maiuscoli, o 11 cifre, o STP/ENI.",
            "The citizen's fiscal code is formally wrong: 16 capital characters, or 11 digits, or STP/ENI.",
            "S011",
        ),
        FindingFacts(
            "opposition-unsaid",
            _I,
            _O,
            "Il flag di opposizione manca: vale 0, ma va inviato sempre.",
            "The opposition flag is missing: it counts as 0, but should always be sent.",
        ),
        FindingFacts(
            "opposition-too-early",
            _W,
            _P,
            "L'opposizione esiste dai documenti del 2021.",
            "Opposition exists for documents from 2021 on.",
        ),
        FindingFacts(
            "traceable-missing",
            _E,
            _O,
            "Manca l'indicazione del pagamento tracciato: SI, oppure NO se in contanti anche in parte.",
            "Whether the payment is traceable is missing: yes, or no when in cash even in part.",
        ),
        FindingFacts(
            "document-type-missing",
            _E,
            _O,
            "Manca il tipo di documento: F per fattura, D per documento commerciale.",
            "The document type is missing: F for an invoice, D for a till's document.",
        ),
        FindingFacts(
            "refund-date",
            _E,
            _O,
            "Nel rimborso la data di pagamento deve essere uguale alla data di emissione.",
            "In a refund the payment date must equal the issue date.",
        ),
        FindingFacts(
            "refund-original-missing",
            _E,
            _O,
            "Il rimborso deve indicare il documento originale.",
            "A refund must name the original document.",
        ),
        FindingFacts(
            "refund-original-useless",
            _E,
            _O,
            "Il documento originale si indica solo nei rimborsi.",
            "The original document is named in refunds only.",
        ),
        FindingFacts(
            "refund-same-id",
            _E,
            _O,
            "Il rimborso deve avere un numero proprio, diverso dall'originale.",
            "A refund needs a number of its own, not the original's.",
            "S017",
        ),
        FindingFacts(
            "refund-before-original",
            _W,
            _P,
            "Il rimborso è emesso prima del documento originale.",
            "The refund is issued before the original document.",
        ),
        FindingFacts(
            "duplicate",
            _E,
            _L,
            "Lo stesso documento compare più volte nell'elenco.",
            "The same document appears more than once in the list.",
            "S017",
        ),
        FindingFacts(
            "owner-code-missing",
            _E,
            _O,
            "Manca il codice fiscale del proprietario.",
            "The owner's fiscal code is missing.",
            "109",
        ),
        FindingFacts(
            "owner-code-format",
            _E,
            _O,
            "Il codice fiscale del proprietario è formalmente errato.",
            "The owner's fiscal code is formally wrong.",
            "109",
        ),
        FindingFacts(
            "owner-structure-missing",
            _E,
            _O,
            "Per questa categoria servono codice regione, ASL e SSA.",
            "This category needs the region, ASL and SSA codes.",
            "109",
        ),
        FindingFacts(
            "owner-structure-useless",
            _E,
            _O,
            "Un professionista non indica codici regione, ASL e SSA.",
            "A professional gives no region, ASL and SSA codes.",
            "109",
        ),
        FindingFacts(
            "owner-codes-format",
            _E,
            _O,
            "Regione e ASL hanno 3 caratteri, SSA 5 o 6: lettere maiuscole o cifre.",
            "Region and ASL have 3 characters, SSA 5 or 6: capital letters or digits.",
        ),
        FindingFacts(
            "owner-region-unusual",
            _W,
            _O,
            "Per questa categoria il codice regione è di solito {region}.",
            "For this category the region code is usually {region}.",
        ),
        FindingFacts(
            "owner-ssa-length",
            _W,
            _O,
            "Per questa categoria il codice SSA ha di solito {length} caratteri.",
            "For this category the SSA code usually has {length} characters.",
        ),
        FindingFacts(
            "pin-format",
            _E,
            _O,
            "Il pincode ha 10 cifre (8 caratteri per gli intermediari Entratel).",
            "The PIN has 10 digits (8 characters for Entratel intermediaries).",
            "104",
        ),
        FindingFacts(
            "intermediary-missing",
            _E,
            _O,
            "Su questo canale serve il codice dell'intermediario o dell'ente in opzionale1.",
            "This channel needs the intermediary's or the entity's code in opzionale1.",
        ),
        FindingFacts(
            "intermediary-format",
            _E,
            _O,
            "L'intermediario si scrive codice fiscale, trattino, sede di 3 cifre.",
            "The intermediary is written fiscal code, hyphen, site of 3 digits.",
        ),
        FindingFacts(
            "intermediary-useless",
            _W,
            _O,
            "Su questo canale opzionale1 resta vuoto.",
            "On this channel opzionale1 stays empty.",
        ),
        FindingFacts(
            "certificate-ended",
            _W,
            _O,
            "Il certificato SanitelCF è scaduto il {day}: serve il nuovo; finché la chiave resta la stessa funziona.",
            "The certificate SanitelCF ended on {day}: get the new one; it works as long as the key is the same.",
        ),
        FindingFacts(
            "certificate-ends-soon",
            _W,
            _O,
            "Il certificato SanitelCF scade il {day}: procurarsi quello nuovo.",
            "The certificate SanitelCF ends on {day}: get the new one.",
        ),
        FindingFacts(
            "certificate-not-begun",
            _W,
            _O,
            "Il certificato SanitelCF vale solo dal {day}.",
            "The certificate SanitelCF is valid only from {day}.",
        ),
        FindingFacts(
            "certificate-unknown-key",
            _W,
            _P,
            "La chiave del certificato non è quella usata finora dal Sistema TS: verificare da dove viene il file.",
            "The certificate's key is not the one Sistema TS has used so far: verify where the file comes from.",
            "002",
        ),
    )
}


def make(field: str, code: str, relaxed: bool = False, **values: str) -> Finding:
    """Return a finding; `relaxed` turns an error into a warning (test mode, whose users break the check digits)."""
    facts = FINDINGS[code]
    return Finding(
        field=field,
        code=code,
        severity=_W if relaxed and facts.severity is _E else facts.severity,
        italian=facts.italian.format(**values) if values else facts.italian,
        english=facts.english.format(**values) if values else facts.english,
        evidence=facts.evidence,
        state_code=facts.state_code,
    )
