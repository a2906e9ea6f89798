"""Who did something, in words: a member by name, the patient's side by what it is, the software itself."""

from __future__ import annotations

from typing import Final, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNNAMED: Final[dict[str, Promise]] = {
    "patient": _("The patient"),
    "guardian": _("Who acts for the patient"),
}
"""Roles of those who have no account here: their names stand on the patient's record, not in the audit."""


class Done(Protocol):
    """A deed as the audit has it."""

    @property
    def who(self) -> str:
        """The name of a member, "" for everybody else."""

    @property
    def role(self) -> str:
        """The role that was acted in."""


def doer(deed: Done) -> str:
    """Return who did it, as a page says it."""
    return deed.who or str(UNNAMED.get(deed.role, _("The software itself")))
