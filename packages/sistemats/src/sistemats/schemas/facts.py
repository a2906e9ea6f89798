"""What may stand in a request and in the batch file: names, order, presence and lexical form, as data.

Source: the service descriptions of the kit of 14 February 2024, restated as tables; the tests hold these tables
against the official schemas over the official samples and thousands of mutations of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sistemats.codes import Call, ExpenseType, Service


@dataclass(frozen=True, slots=True)
class Simple:
    """A lexical type: the XML Schema type it narrows, the facets, and how to say it to people."""

    base: str
    facets: tuple[tuple[str, str], ...] = ()
    wants: str = "text"


@dataclass(frozen=True, slots=True)
class Field:
    """One child: its name, its type (a key of SIMPLE or of a service's groups), and how often.

    Neighbouring fields with the same `either` are alternatives: at most one of them.
    """

    name: str
    type: str
    required: bool = True
    many: bool = False
    either: str = ""


def _pattern(value: str) -> tuple[str, str]:
    return ("pattern", value)


def _one_of(*values: str) -> tuple[tuple[str, str], ...]:
    return tuple(("enumeration", value) for value in values)


_DAY = _pattern("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


def _day(first: str) -> Simple:
    return Simple("date", (("minInclusive", first), _DAY), f"a day as yyyy-mm-dd, not before {first}")


SIMPLE: dict[str, Simple] = {
    "text": Simple("string"),
    "code3": Simple("string", (_pattern("[A-Z0-9]{3}"),), "three capital letters or digits"),
    "ssa": Simple("string", (_pattern("[A-Z0-9]{5,6}"),), "five or six capital letters or digits"),
    "sealed": Simple("string", (("maxLength", "256"),), "at most 256 characters"),
    "vat": Simple("integer", (_pattern("[0-9]{11}"),), "eleven digits"),
    "vat_loose": Simple("string", (("maxLength", "11"),), "at most eleven characters"),
    "day2013": _day("2013-01-01"),
    "day2014": _day("2014-01-01"),
    "day2015": _day("2015-01-01"),
    "device": Simple("int", (("minInclusive", "1"), ("maxInclusive", "999")), "a number from 1 to 999"),
    "number": Simple("string", (_pattern(r"[A-Za-z0-9_./\\\-]{1,20}"),), r"1 to 20 letters, digits or _ . / \ -"),
    "prepaid": Simple("int", _one_of("1"), "1, or no element at all"),
    "expense": Simple("string", _one_of(*ExpenseType), "one of " + " ".join(ExpenseType)),
    "item_flag": Simple("string", _one_of("1", "2"), "1 or 2, or no element at all"),
    "double": Simple("double", (), "a number"),
    "amount": Simple(
        "decimal",
        (("minInclusive", "0.01"), _pattern("[0-9]{1,5}[.][0-9]{2}")),
        "euro with two decimals, from 0.01 to 99999.99",
    ),
    "rate": Simple(
        "decimal",
        (("maxInclusive", "100.00"), _pattern(r"[0-9]{1,3}\.[0-9]{2}")),
        "a rate with two decimals, to 100.00",
    ),
    "nature": Simple("string", (("minLength", "2"), ("maxLength", "10")), "2 to 10 characters"),
    "yes_no": Simple("string", _one_of("SI", "NO"), "SI or NO"),
    "document_type": Simple("string", _one_of("F", "D"), "F or D"),
    "zero_one": Simple("string", _one_of("0", "1"), "0 or 1"),
    "operation": Simple("string", _one_of("I", "V", "R", "C"), "I, V, R or C"),
    "year_month": Simple("integer", (_pattern("[0-9]{6}"),), "six digits, year and month"),
    "letter": Simple("string", (("maxLength", "1"),), "at most one character"),
    "file_name": Simple("string", (_pattern(r"\p{IsBasicLatin}{6,60}"),), "6 to 60 unaccented characters"),
    "base64": Simple("base64Binary", (), "base64"),
}

Group = tuple[Field, ...]
Groups = dict[str, Group]

_OPTIONS: Group = tuple(Field(f"opzionale{n}", "text", required=False) for n in (1, 2, 3))


def _owner(code_required: bool = False) -> Group:
    return (
        Field("codiceRegione", "code3", required=False),
        Field("codiceAsl", "code3", required=False),
        Field("codiceSSA", "ssa", required=False),
        Field("cfProprietario", "sealed", required=code_required),
    )


def _identifier(vat: str, issued: str) -> Groups:
    return {
        "identifier": (
            Field("pIva", vat),
            Field("dataEmissione", issued),
            Field("numDocumentoFiscale", "numbering"),
        ),
        "numbering": (Field("dispositivo", "device"), Field("numDocumento", "number")),
    }


def _item(amount: str) -> Group:
    return (
        Field("tipoSpesa", "expense"),
        Field("flagTipoSpesa", "item_flag", required=False),
        Field("importo", amount),
        Field("aliquotaIVA", "rate", required=False, either="vat"),
        Field("naturaIVA", "nature", required=False, either="vat"),
    )


_TAIL: Group = (
    Field("pagamentoTracciato", "yes_no", required=False),
    Field("tipoDocumento", "document_type", required=False),
    Field("flagOpposizione", "zero_one", required=False),
)
_PREPAID = Field("flagPagamentoAnticipato", "prepaid", required=False)
_CITIZEN = Field("cfCittadino", "sealed", required=False)
_ITEMS = Field("voceSpesa", "item", many=True)


def _sync(*payload: Field) -> Group:
    return (*_OPTIONS, Field("pincode", "text"), Field("Proprietario", "owner", required=False), *payload)


_SYNC_GROUPS: Groups = {
    **_identifier("vat", "day2014"),
    "owner": _owner(),
    "item": _item("double"),
    "document": (
        Field("idSpesa", "identifier"),
        Field("dataPagamento", "day2013"),
        _PREPAID,
        _CITIZEN,
        _ITEMS,
        *_TAIL,
    ),
    "inserimentoDocumentoSpesaRequest": _sync(Field("idInserimentoDocumentoFiscale", "document")),
    "variazioneDocumentoSpesaRequest": _sync(Field("idVariazioneDocumentoFiscale", "document")),
    "rimborsoDocumentoSpesaRequest": _sync(
        Field("idRimborsoDocumentoFiscale", "identifier"), Field("DocumentoSpesa", "document")
    ),
    "cancellazioneDocumentoSpesaRequest": _sync(Field("idCancellazioneDocumentoFiscale", "identifier")),
}

_UPLOAD_GROUPS: Groups = {
    "owner": _owner(),
    "inviaFileMtom": (
        Field("nomeFileAllegato", "file_name"),
        Field("pincodeInvianteCifrato", "text"),
        Field("datiProprietario", "owner", required=False),
        *_OPTIONS,
        Field("documento", "base64"),
    ),
}


def _receipts(root: str, with_range: bool = False) -> Groups:
    days = (Field("dataInizio", "text", required=False), Field("dataFine", "text", required=False))
    return {
        root: (Field("DatiInputRichiesta", "input", required=False),),
        "input": (
            Field("pinCode", "text"),
            *(days if with_range else ()),
            Field("protocollo", "text", required=False),
            *_OPTIONS,
        ),
    }


_QUERY_HEAD: Group = (*_OPTIONS, Field("pincode", "text"), Field("Proprietario", "owner", required=False))
_FLAG_HEAD: Group = (Field("pincode", "text"), Field("Proprietario", "owner"))

GROUPS: dict[Service, Groups] = {
    Service.DOCUMENT: _SYNC_GROUPS,
    Service.UPLOAD: _UPLOAD_GROUPS,
    Service.OUTCOME: _receipts("EsitoInvii", with_range=True),
    Service.ERRORS: _receipts("DettaglioErrori"),
    Service.RECEIPT: _receipts("RicevutaPdf"),
    Service.QUERY: {
        **_identifier("vat_loose", "day2013"),
        "owner": _owner(),
        "interrogazionePuntualeRequest": (*_QUERY_HEAD, Field("idDocumentoFiscale", "identifier")),
    },
    Service.REPORT: {
        "owner": _owner(),
        "reportMensileRequest": (*_QUERY_HEAD, Field("annoMese", "year_month"), Field("tipoEstrazione", "letter")),
    },
    Service.FLAG_DETAIL: {
        **_identifier("vat_loose", "day2013"),
        "owner": _owner(code_required=True),
        "dettaglioSegnalazioneRequest": (*_FLAG_HEAD, Field("idDocumentoFiscale", "identifier"), *_OPTIONS),
    },
    Service.FLAG_REPORT: {
        "owner": _owner(code_required=True),
        "reportSegnalazioniRequest": (
            *_FLAG_HEAD,
            Field("dataIniPeriodoSegnalazione", "day2013"),
            Field("dataFinPeriodoSegnalazione", "day2013"),
            *_OPTIONS,
        ),
    },
}

ROOTS: dict[Service, tuple[Call, ...]] = {
    Service.DOCUMENT: (Call.INSERT, Call.CHANGE, Call.REFUND, Call.CANCEL),
    Service.UPLOAD: (Call.UPLOAD,),
    Service.OUTCOME: (Call.OUTCOME,),
    Service.ERRORS: (Call.ERRORS,),
    Service.RECEIPT: (Call.RECEIPT,),
    Service.QUERY: (Call.QUERY,),
    Service.REPORT: (Call.REPORT,),
    Service.FLAG_DETAIL: (Call.FLAG_DETAIL,),
    Service.FLAG_REPORT: (Call.FLAG_REPORT,),
}

BATCH_GROUPS: Groups = {
    **_identifier("vat", "day2014"),
    "owner": _owner(),
    "item": _item("amount"),
    "document": (
        Field("idSpesa", "identifier"),
        Field("idRimborso", "identifier", required=False),
        Field("dataPagamento", "day2015"),
        _PREPAID,
        Field("flagOperazione", "operation"),
        _CITIZEN,
        *_TAIL,
        _ITEMS,
    ),
    "precompilata": (
        *(Field(f"opzionale{n}", "any", required=False) for n in (1, 2, 3)),
        Field("proprietario", "owner"),
        Field("documentoSpesa", "document", many=True),
    ),
}
BATCH_ROOTS: tuple[tuple[str, str], ...] = (
    ("precompilata", "precompilata"),
    ("documentoSpesa", "document"),
    ("proprietario", "owner"),
)
