"""The sources of reference data that hold words besides the citation, for people of each language.

Reference data names its sources in English. A bare citation of a law reads the same everywhere and needs no entry here.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

SOURCES: Final[frozenset[str]] = frozenset(
    {
        gettext_noop("D.L. 98/2011 art. 40 c. 1-ter as in force from 1-10-2013"),
        gettext_noop(
            "D.Lgs. 10/2026 in the place of D.P.R. 633/1972 from 1-1-2027: same substance, "
            "number of the article still to be confirmed by an accountant"
        ),
        gettext_noop("D.Lgs. 231/2007 art. 49 as in force from 1-1-2023: refused from this amount; to be confirmed"),
        gettext_noop("D.M. 17-6-2014 art. 6; formula to be confirmed"),
        gettext_noop("D.P.R. 633/1972 art. 10 n. 18, from 2027 D.Lgs. 10/2026; FatturaPA schema 1.2.3"),
        gettext_noop("D.P.R. 633/1972 art. 15, from 2027 D.Lgs. 10/2026; FatturaPA schema 1.2.3"),
        gettext_noop("D.P.R. 633/1972 art. 26, from 2027 D.Lgs. 10/2026"),
        gettext_noop("D.P.R. 633/1972 artt. 7-7-septies, from 2027 D.Lgs. 10/2026; FatturaPA schema 1.2.3"),
        gettext_noop("D.P.R. 642/1972 art. 3; the identifier follows on the register"),
        gettext_noop("D.P.R. 642/1972, tariff part I art. 13; D.L. 43/2013 art. 7-bis (amount)"),
        gettext_noop("ENPAP: 2% on fees; D.L. 41/1995 art. 16; in force at least from this day"),
        gettext_noop("ENPAPI: 4% on each fee, public bodies included; in force at least from this day"),
        gettext_noop("FatturaPA list ModalitaPagamento; L. 160/2019 art. 1 c. 679"),
        gettext_noop("FatturaPA schema 1.2.3, list RegimeFiscale"),
        gettext_noop("FatturaPA schema 1.2.3, list RegimeFiscale; L. 190/2014 art. 1 c. 54-89"),
        gettext_noop("L. 190/2014 art. 1 c. 54-89; FatturaPA schema 1.2.3"),
        gettext_noop("L. 190/2014 art. 1 c. 67; printed when the customer is a withholding agent"),
        gettext_noop("L. 662/1996 art. 1 c. 212; Ris. 109/E of 1996: income, so VAT and withholding apply to it"),
        gettext_noop("Label of the fund line; the rate is the entity's on the document's day"),
        gettext_noop("No contribution on private invoices; in force at least from this day"),
        gettext_noop("Practice of the trade"),
        gettext_noop("Rate to be confirmed by the fund; in force at least from this day"),
    }
)


def source_words(source: str) -> str:
    """Return a source as the reader's language says it; a bare citation comes back as it is."""
    return _(source) if source in SOURCES else source
