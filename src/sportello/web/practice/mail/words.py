"""What the codes of mail say to people."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

PURPOSES: Final[dict[str, Promise]] = {
    "account": gettext_lazy("Sign-in"),
    "member_invitation": gettext_lazy("Invitation"),
    "account_change": gettext_lazy("Notice of a change"),
    "paper": gettext_lazy("Paper"),
    "test": gettext_lazy("Test"),
}
THROUGH: Final[dict[str, Promise]] = {
    "practice": gettext_lazy("the practice's mail server"),
    "installation": gettext_lazy("the installation's mail server"),
    "mailbox": gettext_lazy("the mailbox of the demo"),
}
PROBLEMS: Final[dict[str, Promise]] = {
    "no_server": gettext_lazy("No mail server is set up: enter one under “Mail server”."),
    "host_unknown": gettext_lazy("No server of this name was found. Check the spelling of the server's name."),
    "unreachable": gettext_lazy("The server does not accept connections on this port. Check the port, or try later."),
    "timeout": gettext_lazy("The server did not answer in time. Check name and port; a firewall may be in the way."),
    "not_smtp": gettext_lazy("What answers there is not a mail server. Check name and port."),
    "no_starttls": gettext_lazy(
        "The server offers no STARTTLS on this port. Choose TLS with port 465, or ask the provider."
    ),
    "tls_failed": gettext_lazy("The encrypted connection failed. With port 587 choose STARTTLS, with port 465 TLS."),
    "certificate": gettext_lazy(
        "The server's certificate does not fit its name. Use the name that the provider gives."
    ),
    "auth_refused": gettext_lazy("The server refuses user name or password. Some providers want an app password."),
    "auth_unsupported": gettext_lazy("The server takes no password on this connection. Choose STARTTLS or TLS."),
    "sender_refused": gettext_lazy("The server does not let this user send from this address."),
    "recipient_refused": gettext_lazy("The server refuses the recipient's address. Check its spelling."),
    "content_refused": gettext_lazy("The server refused the mail itself, maybe as unwanted advertising."),
    "busy": gettext_lazy("The server is busy and asks to come back later."),
    "line_broke": gettext_lazy("The connection broke."),
    "restored": gettext_lazy("It waited when the backup was made, and may have gone out since."),
    "worker_stopped": gettext_lazy("The worker stopped while the mail was leaving: nobody knows whether it left."),
}


def purpose_word(purpose: str) -> str:
    """Return what a mail is for, in a word."""
    word = PURPOSES.get(purpose)
    return str(word) if word else _("Mail")


def problem_words(problem: str) -> str:
    """Return what went wrong with a mail, and what to do, in a sentence or two."""
    known = PROBLEMS.get(problem)
    return str(known) if known else problem
