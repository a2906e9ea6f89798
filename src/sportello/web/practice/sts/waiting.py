"""What waits for somebody at the Sistema TS, as lines of the home page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sportello.core.actors import Actor
from sportello.expenses.permissions import may_configure
from sportello.expenses.queries.outlook import Banner, banners, outlook
from sportello.web.parts import Todo
from sportello.web.practice.sts.words import STOPS


def sts_todos(actor: Actor, today: date) -> Iterator[Todo]:
    """Yield what waits, nothing that does not: what is stopped first, then documents by what is to be done."""
    for each in banners(actor, today=today):
        yield from _account(actor, each)
    found = outlook(actor)
    if found is None:
        return
    url = reverse("practice:sts")
    if found.rejected:
        title = ngettext("Expense rejected by the Sistema TS", "Expenses rejected by the Sistema TS", found.rejected)
        yield Todo(
            found.rejected,
            title,
            _("Mend them: they then return to the list to be sent"),
            f"{url}?year=all&view=rejected",
        )
    if found.to_send:
        title = ngettext("Expense to send to the Sistema TS", "Expenses to send to the Sistema TS", found.to_send)
        yield Todo(
            found.to_send, title, _age(found.oldest, today), f"{url}?year=all&view=to_send", found.to_send_amount
        )
    if found.unready:
        title = ngettext(
            "Expense that cannot be sent as it is", "Expenses that cannot be sent as they are", found.unready
        )
        yield Todo(found.unready, title, _("Something is missing: each says what"), f"{url}?year=all&view=to_send")
    if found.uncertain:
        title = ngettext("Sending whose outcome is unknown", "Sendings whose outcome is unknown", found.uncertain)
        note = _("The Sistema TS is asked what it holds; nothing is sent twice")
        yield Todo(found.uncertain, title, note, f"{url}?year=all&view=uncertain")


def _account(actor: Actor, each: Banner) -> Iterator[Todo]:
    place = reverse("practice:sts_account", args=[each.entity_id]) if may_configure(actor) else reverse("practice:sts")
    if each.reason:
        yield Todo(1, STOPS[each.reason][0], each.name, place)
    elif each.is_active and each.password_ends_soon:
        days = each.password_days or 0
        note = ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
        yield Todo(1, _("Password of Sistema TS that runs out"), f"{each.name}, {note}", place)


def _age(oldest: date | None, today: date) -> str:
    if oldest is None or oldest >= today:
        return _("The oldest was paid today")
    days = (today - oldest).days
    return ngettext("The oldest was paid %(days)s day ago", "The oldest was paid %(days)s days ago", days) % {
        "days": days
    }
