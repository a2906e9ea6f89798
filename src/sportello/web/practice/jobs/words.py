"""What the codes of later work say to people."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HANDLERS: Final[dict[str, Promise]] = {
    "billing.render_paper": gettext_lazy("Make the PDF of a paper"),
    "core.send_mail": gettext_lazy("Send a mail"),
    "expenses.automatic": gettext_lazy("Look for what goes to the Sistema TS by itself"),
    "expenses.mark_entity": gettext_lazy("Look at an entity's documents for the Sistema TS again"),
    "expenses.remarks": gettext_lazy("Ask the Sistema TS for citizens' remarks"),
    "expenses.report": gettext_lazy("Compare a month with the Sistema TS"),
    "expenses.run": gettext_lazy("Send to the Sistema TS and ask for outcomes"),
    "expenses.sweep": gettext_lazy("Look for what was left lying for the Sistema TS"),
    "expenses.take_in": gettext_lazy("Work out what the Sistema TS should hold"),
    "expenses.warn": gettext_lazy("Warn of deadlines, passwords and certificates of the Sistema TS"),
    "patients.bulk_invite": gettext_lazy("Invite patients to the portal"),
    "patients.tend_access": gettext_lazy("Look after patients' access to the portal"),
}
PROBLEMS: Final[dict[str, Promise]] = {
    "worker_died": gettext_lazy("The worker stopped in the middle; it is tried again."),
    "unknown_handler": gettext_lazy("This version does not know this kind of work."),
    "StorageFull": gettext_lazy("There is no room on the disk. Free some space, then run it again."),
    "RenderFailed": gettext_lazy(
        "The PDF could not be made. Run it again; if it fails again, tell who looks after it."
    ),
    "WrongKey": gettext_lazy("The encryption key does not open the data. Put the right key file in its place."),
    "KeyMissing": gettext_lazy("An encryption key is missing. Put its line back into the key file."),
    "FileDamaged": gettext_lazy("A stored file was altered. Restore it from a backup."),
    "FileMissing": gettext_lazy("A stored file is gone. Restore it from a backup."),
    "snapshot_altered": gettext_lazy("The frozen content of the paper was altered. Verify the papers."),
    "paper_not_issued": gettext_lazy("The paper was not issued."),
    "no_server": gettext_lazy("No mail server is set up."),
    "sts_account": gettext_lazy("The account of Sistema TS is not complete."),
    "sts_no_certificate": gettext_lazy("The certificate SanitelCF is missing. Load it under Sistema TS, Account."),
    "sts_no_simulator": gettext_lazy("No simulator of the Sistema TS runs beside this server."),
}


def handler_word(handler: str) -> str:
    """Return what kind of work this is, or its code when nobody named it."""
    word = HANDLERS.get(handler)
    return str(word) if word else handler


def problem_words(problem: str) -> str:
    """Return what went wrong in a sentence; an unexpected error keeps its name, for who looks after the program."""
    if not problem:
        return ""
    known = PROBLEMS.get(problem)
    return str(known) if known else _("It stopped with the error %(name)s.") % {"name": problem}
