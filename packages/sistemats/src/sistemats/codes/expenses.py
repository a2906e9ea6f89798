"""Expense types, document types, and which sender may use which.

Source: tables of the synchronous (v1.3) and asynchronous (v2.5) specifications of December 2020.

>>> ExpenseType.SR in ALLOWED_TYPES[SenderCategory.DOCTOR]
True
>>> CATEGORIES[SenderCategory.OPTICIAN].region
'604'
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ExpenseType(StrEnum):
    """`tipoSpesa`."""

    TK = "TK"
    FC = "FC"
    FV = "FV"
    AS = "AS"
    SR = "SR"
    CT = "CT"
    PI = "PI"
    IC = "IC"
    AA = "AA"
    AD = "AD"
    SV = "SV"
    SP = "SP"


class DocumentType(StrEnum):
    """`tipoDocumento`: invoice, or commercial document of a till."""

    INVOICE = "F"
    TILL = "D"


class SenderCategory(StrEnum):
    """Who issues the document, as far as the rules differ."""

    DOCTOR = "doctor"
    VETERINARIAN = "veterinarian"
    HEALTH_PROFESSIONAL = "health_professional"
    PHARMACY = "pharmacy"
    ANMIG_PHARMACY = "anmig_pharmacy"
    ACCREDITED_STRUCTURE = "accredited_structure"
    AUTHORISED_STRUCTURE = "authorised_structure"
    PARAPHARMACY = "parapharmacy"
    OPTICIAN = "optician"
    VETERINARY_RETAIL = "veterinary_retail"


@dataclass(frozen=True, slots=True)
class CategoryFacts:
    """What a category implies for the owner block.

    `structure`: region, ASL and SSA are mandatory (True) or absent (False). `region` is the pseudo-region the kit
    uses, empty for a real one. `ssa_length` is the length the kit uses, 0 when unknown. `document_type` is what
    the kit's samples send.
    """

    structure: bool
    region: str = ""
    ssa_length: int = 0
    document_type: DocumentType = DocumentType.INVOICE


_T = ExpenseType
_PHARMACY = frozenset({_T.TK, _T.FC, _T.FV, _T.AD, _T.AS, _T.PI, _T.AA})
_PARAPHARMACY = _PHARMACY - {_T.TK}
_AUTHORISED = frozenset({_T.SR, _T.CT, _T.PI, _T.IC, _T.AA})

ALLOWED_TYPES: dict[SenderCategory, frozenset[ExpenseType]] = {
    SenderCategory.DOCTOR: frozenset({_T.SR, _T.IC, _T.AA}),
    SenderCategory.VETERINARIAN: frozenset({_T.FV, _T.SV, _T.AA}),
    SenderCategory.HEALTH_PROFESSIONAL: frozenset({_T.SP}),
    SenderCategory.PHARMACY: _PHARMACY,
    SenderCategory.ANMIG_PHARMACY: _PARAPHARMACY,
    SenderCategory.ACCREDITED_STRUCTURE: _AUTHORISED | {_T.TK},
    SenderCategory.AUTHORISED_STRUCTURE: _AUTHORISED,
    SenderCategory.PARAPHARMACY: _PARAPHARMACY,
    SenderCategory.OPTICIAN: frozenset({_T.AD, _T.AA}),
    SenderCategory.VETERINARY_RETAIL: frozenset({_T.FV, _T.AA}),
}

CATEGORIES: dict[SenderCategory, CategoryFacts] = {
    SenderCategory.DOCTOR: CategoryFacts(False),
    SenderCategory.VETERINARIAN: CategoryFacts(False),
    SenderCategory.HEALTH_PROFESSIONAL: CategoryFacts(False),
    SenderCategory.PHARMACY: CategoryFacts(True, "", 5, DocumentType.TILL),
    SenderCategory.ANMIG_PHARMACY: CategoryFacts(True, "", 0, DocumentType.TILL),
    SenderCategory.ACCREDITED_STRUCTURE: CategoryFacts(True, "", 6),
    SenderCategory.AUTHORISED_STRUCTURE: CategoryFacts(True, "601", 6),
    SenderCategory.PARAPHARMACY: CategoryFacts(True, "603", 6, DocumentType.TILL),
    SenderCategory.OPTICIAN: CategoryFacts(True, "604", 6, DocumentType.TILL),
    SenderCategory.VETERINARY_RETAIL: CategoryFacts(True, "602", 6),
}
