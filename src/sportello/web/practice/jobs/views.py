"""The queue of later work: what waits, what failed and why, and running it again."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sportello.core.states import ForbiddenStep, JobState
from sportello.core.work import operations
from sportello.core.work.queries import JobRow, QueueState, job_page, queue_state
from sportello.web import looks
from sportello.web.http import PartyRequest
from sportello.web.parts import Page, StateLink
from sportello.web.practice.http import practice_view
from sportello.web.practice.jobs.words import handler_word, problem_words
from sportello.web.practice.mail.tabs import room_tabs


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as the page tells it."""

    job: JobRow
    word: str
    problem: str
    url: str
    may_run: bool


@require_GET
@practice_view(owner=True)
def jobs(request: PartyRequest) -> HttpResponse:
    """Show the practice's queue."""
    state = request.GET.get("state", "")
    state = state if state in set(JobState) else ""
    before = request.GET.get("after", "")
    found = job_page(request.actor, state=state, before=int(before) if before.isdigit() else None)
    queue = queue_state(request.actor, timezone.now())
    context = {
        "page": Page([_shown(row) for row in found.rows], after=str(found.next_before or "")),
        "states": _links(queue, state),
        "queue": queue,
        "tabs": room_tabs(request.actor, "jobs"),
    }
    name = "practice/jobs/_list.html" if request.htmx else "practice/jobs/list.html"
    return render(request, name, context)


@require_POST
@practice_view(owner=True)
def run_again(request: PartyRequest, job_id: int) -> HttpResponse:
    """Run a failed or waiting job now."""
    try:
        operations.run_again(actor=request.actor, job_id=job_id)
    except ForbiddenStep:
        messages.warning(request, _("This work is running or done already."))
    except operations.AlreadyAsked:
        messages.info(request, _("The same work was asked for again meanwhile and is under way."))
    else:
        messages.success(request, _("It runs again now. Reload the page to see how it went."))
    return redirect(
        f"{reverse('practice:jobs')}?state={JobState.FAILED.value}" if "failed" in request.POST else "practice:jobs"
    )


def _shown(row: JobRow) -> Shown:
    url = reverse("practice:invoice", args=[row.object_id]) if row.handler == "billing.render_paper" else ""
    if row.handler == "core.send_mail":
        url = reverse("practice:mail", args=[row.object_id])
    may_run = row.state in {JobState.FAILED, JobState.WAITING}
    return Shown(row, handler_word(row.handler), problem_words(row.problem), url, may_run)


def _links(queue: QueueState, state: str) -> list[StateLink]:
    base = reverse("practice:jobs")
    links = [StateLink(_("All"), base, sum(queue.counts.values()), not state)]
    for each in (JobState.FAILED, JobState.WAITING, JobState.RUNNING, JobState.DONE):
        word = looks.look("job", each.value).word
        links.append(StateLink(word, f"{base}?state={each.value}", queue.counts[each.value], state == each.value))
    return links
