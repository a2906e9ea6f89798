"""Mail: closed while it waits, handed over once, emptied when it has left; none leaves in a demo."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.commands import mail as mail_command
from portal.post import sender
from portal.post.models import Mail, MailState
from portal.post.outbox import NOBODY, Letter, enqueue, opened
from tests.support import smtp
from tests.support.smtp import Post

pytestmark = pytest.mark.django_db(transaction=True)
LETTER = Letter("anna@example.org", "Your new password", "Open this: http://x/reset/1\n", "it")


@pytest.fixture
def post(settings):
    """A mail server on this machine."""
    with smtp.running(Post()) as running:
        settings.PORTAL_MAIL = f"smtp://127.0.0.1:{running.port}"
        yield running


def test_mail_in_the_database_is_closed():
    enqueue(LETTER, timezone.now())
    row = Mail.objects.get()
    assert "anna" not in str(row.__dict__)
    assert opened(row) == LETTER


def test_send_due_hands_mail_over_once_and_empties_it(post):
    enqueue(LETTER, timezone.now())
    assert sender.send_due(timezone.now()) == 1
    assert sender.send_due(timezone.now()) == 0
    row = Mail.objects.get()
    assert (row.state, row.content_sealed) == (MailState.SENT, "")
    [taken] = post.mails
    assert "anna@example.org" in str(taken)


def test_send_due_drops_what_is_for_nobody(post):
    enqueue(NOBODY, timezone.now())
    assert sender.send_due(timezone.now()) == 1
    assert post.mails == []
    assert Mail.objects.get().state == MailState.SENT


def test_send_due_without_a_server_lets_mail_wait(settings):
    settings.PORTAL_MAIL = ""
    enqueue(LETTER, timezone.now())
    assert sender.send_due(timezone.now()) == 0
    assert Mail.objects.get().state == MailState.WAITING


def test_send_due_in_a_demo_lets_no_mail_out(post, settings):
    settings.DEMO = True
    enqueue(LETTER, timezone.now())
    assert sender.send_due(timezone.now()) == 0
    assert post.mails == []


def test_send_due_tries_again_later_when_the_server_is_down(settings):
    settings.PORTAL_MAIL = "smtp://127.0.0.1:1"
    enqueue(LETTER, timezone.now())
    assert sender.send_due(timezone.now()) == 0
    row = Mail.objects.get()
    assert (row.state, row.tries) == (MailState.WAITING, 1)
    assert row.next_at > timezone.now() + timedelta(minutes=1)
    assert opened(row) == LETTER


def test_send_due_gives_up_at_last(settings):
    settings.PORTAL_MAIL = "smtp://127.0.0.1:1"
    enqueue(LETTER, timezone.now())
    Mail.objects.update(tries=sender.MOST_TRIES - 1)
    sender.send_due(timezone.now())
    assert Mail.objects.get().state == MailState.FAILED


def test_send_due_leaves_what_another_process_claimed(post):
    enqueue(LETTER, timezone.now())
    Mail.objects.update(state=MailState.LEAVING)
    assert sender.send_due(timezone.now()) == 0
    assert post.mails == []


def test_forget_old_forgets_what_is_settled():
    enqueue(LETTER, timezone.now() - timedelta(days=2))
    enqueue(LETTER, timezone.now() - timedelta(days=2))
    Mail.objects.filter(pk=Mail.objects.earliest("pk").pk).update(state=MailState.SENT, content_sealed="")
    sender.forget_old(timezone.now())
    assert [row.state for row in Mail.objects.all()] == [MailState.WAITING]


@pytest.mark.parametrize("address", ["http://x", "smtp://", "mail.example.org"])
def test_server_address_that_is_none_is_refused(settings, address):
    settings.PORTAL_MAIL = address
    with pytest.raises(sender.BadMailServer):
        sender.server()


def test_turn_keeps_house(client, post):
    from portal.accounts.models import Limit, Session

    client.post("/sign-in/", {"address": "a@example.org", "password": "x" * 12})
    Limit.objects.update(since=timezone.now() - timedelta(days=2))
    Session.objects.create(session_key="x", expire_date=timezone.now() - timedelta(days=1))
    enqueue(LETTER, timezone.now())
    mail_command.turn(timezone.now(), housekeeping=True)
    assert not Limit.objects.exists()
    assert not Session.objects.exists()
    assert len(post.mails) == 1
