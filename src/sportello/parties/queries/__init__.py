"""Reads about parties: who sits where, and what the settings pages show."""

from sportello.parties.queries.entities import (
    AccountShown,
    EntityDetail,
    EntityRow,
    SeriesShown,
    TermsShown,
    entity_choices,
    entity_detail,
    entity_rows,
    logo_of,
    terms_of,
)
from sportello.parties.queries.practice import (
    MemberShown,
    PracticeShown,
    SiteShown,
    members,
    practice_shown,
    practitioners,
    site_shown,
)
from sportello.parties.queries.seats import Seat, actor_for, parties_of, seats_of

__all__ = [
    "AccountShown",
    "EntityDetail",
    "EntityRow",
    "MemberShown",
    "PracticeShown",
    "Seat",
    "SeriesShown",
    "SiteShown",
    "TermsShown",
    "actor_for",
    "entity_choices",
    "entity_detail",
    "entity_rows",
    "logo_of",
    "members",
    "parties_of",
    "practice_shown",
    "practitioners",
    "seats_of",
    "site_shown",
    "terms_of",
]
