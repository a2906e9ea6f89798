"""The owner looks after queue and mail; nobody else sees them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from sportello.core import outbox, runner
from sportello.core.actors import System, acting
from sportello.core.mail import queueing, transport
from sportello.core.mail.queries import mail_server
from sportello.core.models import Job, MailServer, OutgoingMail
from sportello.web.practice.jobs.words import HANDLERS, problem_words
from sportello.web.practice.mail.words import PROBLEMS, THROUGH
from tests.support import smtp
from tests.support.smtp import Post

TYPED = {
    "host": "127.0.0.1",
    "security": "none",
    "port": "25",
    "username": "",
    "password": "",
    "from_address": "studio@posta.example",
    "from_name": "Studio Rossi",
    "reply_to": "",
}
PAGES = ("practice:jobs", "practice:mails", "practice:mail_server")


@pytest.fixture
def real(transactional_db, world):
    """Give the cast in a database with real transactions."""
    return world


@pytest.fixture
def ada(real, signed_in):
    return signed_in("ada")


def fresh(client):
    """Let the signed-in person have proved who they are just now."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


def queued(world, **more) -> OutgoingMail:
    words = {"to": "bruno@posta.example", "subject": "A paper is ready", "text": "Come and see."} | more
    with acting(System("test")), transaction.atomic():
        return queueing.queue(party_id=world.ada.party_id, purpose="paper", key="k", **words)


def job_of(mail: OutgoingMail) -> Job:
    with acting(System("test")):
        return Job.objects.get(handler=queueing.SEND, object_id=mail.pk)


def text_of(response) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", response.content.decode())


def test_jobs_page_shows_what_failed_and_why(ada, real):
    job = job_of(queued(real))
    with acting(System("test")):
        Job.objects.filter(pk=job.pk).update(state="failed", finished_at=datetime.now(UTC), last_error="StorageFull")
    page = text_of(ada.get(reverse("practice:jobs"), {"state": "failed"}))
    with translation.override("it"):
        assert problem_words("StorageFull") in page


def test_jobs_page_says_when_no_worker_runs(ada, real):
    assert 'class="note bad"' in ada.get(reverse("practice:jobs")).content.decode()


def test_run_again_queues_a_failed_job(ada, real):
    job = job_of(queued(real))
    with acting(System("test")):
        Job.objects.filter(pk=job.pk).update(state="failed", finished_at=datetime.now(UTC), attempts=8)
    ada.post(reverse("practice:job_run_again", args=[job.pk]))
    job = job_of(OutgoingMail._base_manager.get())
    assert (job.state, job.attempts) == ("waiting", 0)


def test_run_again_of_what_is_asked_for_anew_meanwhile_is_told_calmly(ada, real):
    mail = queued(real)
    with acting(System("test")):
        Job.objects.update(state="failed", finished_at=datetime.now(UTC))
        failed = Job.objects.get()
        with transaction.atomic():
            outbox.enqueue(queueing.SEND, mail.pk, party_id=real.ada.party_id)
    assert ada.post(reverse("practice:job_run_again", args=[failed.pk]), follow=True).status_code == 200
    with acting(System("test")):
        assert Job.objects.filter(state="waiting").count() == 1


def test_run_again_of_done_work_is_refused_calmly(ada, real):
    job = job_of(queued(real))
    with acting(System("test")):
        Job.objects.update(state="done", finished_at=datetime.now(UTC))
    ada.post(reverse("practice:job_run_again", args=[job.pk]))
    assert job_of(OutgoingMail._base_manager.get()).state == "done"


def test_mail_page_shows_the_text_and_its_reader_may_send_it_again(ada, real):
    mail = queued(real)
    with acting(System("test")):
        OutgoingMail.objects.update(state="uncertain", last_error="line_broke")
        Job.objects.all().delete()
    page = ada.get(reverse("practice:mail", args=[mail.pk]))
    assert "Come and see." in page.content.decode()
    ada.post(reverse("practice:mail_send_again", args=[mail.pk]))
    assert job_of(mail).state == "waiting"


def test_mail_that_arrived_counts_as_sent_and_a_cancelled_one_does_not_leave(ada, real):
    mail = queued(real)
    with acting(System("test")):
        OutgoingMail.objects.update(state="uncertain")
    ada.post(reverse("practice:mail_arrived", args=[mail.pk]))
    assert OutgoingMail._base_manager.get().state == "sent"
    assert ada.post(reverse("practice:mail_cancel", args=[mail.pk]), follow=True).status_code == 200
    assert OutgoingMail._base_manager.get().state == "sent"


def test_mails_page_never_puts_an_address_into_an_url(ada, real):
    queued(real)
    page = ada.get(reverse("practice:mails")).content.decode()
    assert "bruno@posta.example" in page
    assert not re.search(r'(href|action)="[^"]*bruno', page)


def test_mail_server_is_saved_and_a_test_mail_marks_it(ada, real):
    fresh(ada)
    with smtp.running(Post()) as post:
        saved = ada.post(
            reverse("practice:mail_server"), TYPED | {"port": str(post.port), "username": "ada", "password": "pw"}
        )
        assert saved.status_code == 302
        ada.post(reverse("practice:mail_server_test"))
        assert "ada@posta.example" in post.mails[0]
    row = mail_server(real.ada)
    assert row
    assert row.verified_at
    page = ada.get(reverse("practice:mail_server")).content.decode()
    assert "pw" not in re.findall(r'value="([^"]*)"', page)


def test_mail_server_test_that_fails_says_what_to_do(ada, real):
    fresh(ada)
    with smtp.running(Post(auth="535 no")) as post:
        typed = TYPED | {"port": str(post.port), "username": "ada", "password": "pw"}
        ada.post(reverse("practice:mail_server"), typed)
        page = ada.post(reverse("practice:mail_server_test"), follow=True)
    with acting(System("test")):
        assert MailServer.objects.get().last_error == "auth_refused"
    assert 'class="note bad"' in page.content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": "mail.example.org", "username": "ada"}, "security"),
        ({"host": "https://mail.example.org"}, "host"),
        ({"port": "0"}, "port"),
        ({"from_address": "ada"}, "from_address"),
    ],
)
def test_mail_server_names_the_field_that_is_wrong(ada, real, wrong, field):
    response = fresh(ada).post(reverse("practice:mail_server"), TYPED | wrong)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]


def test_mail_server_warns_of_a_port_for_another_encryption(ada, real):
    response = fresh(ada).post(
        reverse("practice:mail_server"), TYPED | {"security": "tls", "port": "587", "host": "https://x"}
    )
    assert "port" in response.context["form"].warnings


def test_mail_server_is_removed_after_asking(ada, real):
    fresh(ada)
    assert ada.get(reverse("practice:mail_server_remove")).status_code == 404
    ada.post(reverse("practice:mail_server"), TYPED)
    assert ada.get(reverse("practice:mail_server_remove")).status_code == 200
    assert mail_server(real.ada)
    ada.post(reverse("practice:mail_server_remove"))
    assert mail_server(real.ada) is None


def test_mail_server_asks_who_is_there_again(real, signed_in):
    response = signed_in("ada").get(reverse("practice:mail_server"))
    assert response.status_code == 302
    assert reverse("account_reauthenticate") in response["Location"]


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_mail_and_queue_are_the_owners_alone(real, signed_in, page):
    fresh_elena = fresh(signed_in("elena"))
    assert fresh_elena.get(reverse(page)).status_code == 403


@pytest.mark.parametrize("act", ["mail", "mail_send_again", "mail_arrived", "mail_cancel"])
def test_mail_of_another_practice_is_not_found(real, signed_in, act):
    mail = queued(real)
    olga = signed_in("olga")
    url = reverse(f"practice:{act}", args=[mail.pk])
    assert (olga.get(url) if act == "mail" else olga.post(url)).status_code == 404


def test_job_of_another_practice_is_not_found(real, signed_in):
    job = job_of(queued(real))
    assert signed_in("olga").post(reverse("practice:job_run_again", args=[job.pk])).status_code == 404


def test_pages_need_a_fixed_number_of_queries(ada, real, django_assert_max_num_queries):
    for page in ("practice:mails", "practice:jobs"):
        ada.get(reverse(page))
        with django_assert_max_num_queries(16):
            ada.get(reverse(page))


def test_words_name_every_problem_and_every_handler_of_a_practice():
    assert {problem.value for problem in transport.Problem} <= set(PROBLEMS)
    assert set(THROUGH) == {"practice", "installation", "mailbox"}
    own = {name for name in outbox.names() if not name.startswith("core.") or name == queueing.SEND}
    assert {name for name in own if not name.startswith("test.")} <= set(HANDLERS)


def test_run_later_page_goes_on(ada, real):
    with acting(System("test")):
        for number in range(30):
            Job.objects.create(
                handler=queueing.SEND,
                object_id=number,
                party_id=real.ada.party_id,
                key=str(number),
                created_at=datetime.now(UTC),
                next_run_at=datetime.now(UTC),
            )
        runner.sweep(datetime.now(UTC))
    first = ada.get(reverse("practice:jobs"))
    rest = ada.get(reverse("practice:jobs"), {"after": first.context["page"].after})
    assert [len(first.context["page"].rows), len(rest.context["page"].rows)] == [25, 5]
