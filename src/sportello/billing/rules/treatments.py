"""VAT treatments of a line, and which of them an issuer's regime may use.

Source: DPR 633/1972 artt. 7 ff., 10 n. 18, 15 (until 31-12-2026, then D.Lgs. 10/2026); L. 190/2014 art. 1 c. 54-89;
FatturaPA schema 1.2.3, list of Natura.
Units: rates in percent.

>>> check_treatment_allowed(Regime.FLAT_RATE, Treatment.TAXABLE_22)
Traceback (most recent call last):
...
sportello.core.violations.RuleViolation: treatment_not_allowed_in_regime [treatment] regime=RF19, treatment=TAXABLE_22
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sportello.core.violations import RuleViolation


class Regime(StrEnum):
    """Tax regime of a billing entity, by its FatturaPA code."""

    ORDINARY = "RF01"
    FLAT_RATE = "RF19"


class Natura(StrEnum):
    """Why a line carries no VAT, by its FatturaPA code."""

    EXCLUDED = "N1"
    NOT_LOCALISED = "N2.1"
    OUTSIDE = "N2.2"
    EXEMPT = "N4"


class Treatment(StrEnum):
    """How VAT sees a line."""

    EXEMPT_HEALTH = "EXEMPT_HEALTH"
    FLAT_RATE = "FLAT_RATE"
    TAXABLE_22 = "TAXABLE_22"
    EXCLUDED_15 = "EXCLUDED_15"
    OUTSIDE_TERRITORY = "OUTSIDE_TERRITORY"


class ServiceNature(StrEnum):
    """What a service is, whatever its VAT: the catalogue says it, the rate never does."""

    HEALTH = "HEALTH"
    TAXED_HEALTH = "TAXED_HEALTH"
    """Taxed by its own law and yet a health expense of the State: aesthetic medicine (IC), veterinary care (SV)."""
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class VatTerms:
    """The treatment of a line as it stands on the document's day.

    :ivar rate: VAT in percent, zero where a natura says why
    :ivar natura: FatturaPA code, None exactly when VAT is charged
    """

    treatment: Treatment
    rate: Decimal
    natura: Natura | None

    def __post_init__(self) -> None:
        """Refuse a rate with a natura, and no rate without one."""
        if (self.natura is None) != (self.rate > 0):
            raise RuleViolation("natura_iff_no_vat", field="vat", rate=self.rate, natura=self.natura)

    @property
    def label(self) -> str:
        """The natura or the rate, as accountants call the group: ``N4``, ``22``."""
        return str(self.natura) if self.natura is not None else f"{self.rate.normalize():f}"


_ALLOWED: dict[Regime, frozenset[Treatment]] = {
    Regime.ORDINARY: frozenset(Treatment) - {Treatment.FLAT_RATE},
    Regime.FLAT_RATE: frozenset({Treatment.FLAT_RATE, Treatment.EXCLUDED_15, Treatment.OUTSIDE_TERRITORY}),
}


def allowed_treatments(regime: Regime) -> frozenset[Treatment]:
    """Return the treatments an issuer of this regime may put on a line."""
    return _ALLOWED[regime]


def check_treatment_allowed(regime: Regime, treatment: Treatment) -> None:
    """Refuse a treatment the issuer's regime excludes.

    :raises RuleViolation: ``treatment_not_allowed_in_regime``
    """
    if treatment not in _ALLOWED[regime]:
        raise RuleViolation("treatment_not_allowed_in_regime", field="treatment", regime=regime, treatment=treatment)
