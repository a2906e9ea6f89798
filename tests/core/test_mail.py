"""Mail leaves once, tells why when it does not, and never vanishes."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, connection, transaction

from sportello.core import runner
from sportello.core.actors import Actor, MayNot, Role, System, acting
from sportello.core.mail import delivery, operations, queries, queueing, transport
from sportello.core.mail.operations import BadServer, ServerSettings
from sportello.core.mail.transport import Problem
from sportello.core.models import AuditEntry, Job, MailServer, OutgoingMail
from sportello.core.states import ForbiddenStep, MailState
from tests.support import smtp
from tests.support.smtp import Post

OWNER = Actor(person_id=1, party_id=5, role=Role.OWNER)
SECRETARY = Actor(person_id=2, party_id=5, role=Role.COLLABORATOR)
STRANGER = Actor(person_id=3, party_id=6, role=Role.OWNER)


@pytest.fixture
def post() -> Iterator[Post]:
    with smtp.running(Post()) as each:
        yield each


@pytest.fixture
def software(db: None) -> Iterator[None]:
    with acting(System("test")):
        yield


def set_server(post: Post, **more: object) -> MailServer:
    row = {
        "party_id": 5,
        "host": "127.0.0.1",
        "port": post.port,
        "security": "none",
        "from_address": "studio@example.org",
        "from_name": "Studio Ginestra",
        "changed_at": datetime.now(UTC),
    } | more
    return MailServer.objects.create(**row)


def queued(party_id: int = 5, key: str = "k1", **more: object) -> OutgoingMail:
    words = {"to": "bruno@example.org", "subject": "A paper is ready", "text": "Grüße\n"} | more
    with transaction.atomic():
        return queueing.queue(party_id=party_id, purpose="paper", key=key, **words)  # type: ignore[arg-type]


def run_job(mail: OutgoingMail) -> OutgoingMail:
    job = Job.objects.filter(handler=queueing.SEND, object_id=mail.pk).latest("pk")
    Job.objects.filter(pk=job.pk).update(next_run_at=datetime.now(UTC))
    runner.run(job.pk)
    return OutgoingMail.objects.get(pk=mail.pk)


@pytest.mark.usefixtures("software")
def test_send_hands_the_mail_over_once(post):
    set_server(post, username="studio", password="se greto", reply_to="ask@example.org")
    mail = run_job(queued(html="<p>Grüße</p>"))
    assert (mail.state, mail.sent_through, mail.last_error) == (MailState.SENT, "practice", "")
    run_job(mail)

    [text] = post.mails
    message = email.message_from_string(text)
    assert message["From"] == "Studio Ginestra <studio@example.org>"
    assert message["To"] == "bruno@example.org"
    assert message["Reply-To"] == "ask@example.org"
    assert message["Message-ID"] == mail.message_id
    assert "AUTH" in post.commands
    _, plain, html = message.walk()
    assert "Gr=C3=BC=C3=9Fe" in str(plain)
    assert html.get_content_type() == "text/html"


@pytest.mark.usefixtures("software")
def test_queue_same_key_twice_is_one_mail():
    assert queued().pk == queued(subject="Other").pk
    assert queued(party_id=6).pk != queued().pk
    assert OutgoingMail.objects.count() == 2


@pytest.mark.usefixtures("software")
@pytest.mark.parametrize("wrong", ["", "bruno", "bruno@example.org\nBcc: zeno@example.org", "a b@example.org"])
def test_queue_for_what_is_no_address_is_refused(wrong):
    with pytest.raises(queueing.BadAddress):
        queued(to=wrong)


@pytest.mark.usefixtures("software")
def test_queue_subject_cannot_add_a_header(post):
    set_server(post)
    run_job(queued(subject="Hello\r\nBcc: zeno@example.org"))
    assert email.message_from_string(post.mails[0])["Bcc"] is None


@pytest.mark.usefixtures("software")
def test_queue_keeps_address_and_text_closed():
    queued()

    with connection.cursor() as cursor:
        cursor.execute("SELECT recipient, text FROM core_outgoingmail")
        [stored] = cursor.fetchall()
    assert "bruno" not in str(stored)
    assert "Gr" not in stored[1][:10]


@pytest.mark.usefixtures("software")
def test_send_to_a_domain_with_an_umlaut_spells_it_for_the_network(post):
    set_server(post)
    run_job(queued(to="bruno@müller.example"))
    assert email.message_from_string(post.mails[0])["To"] == "bruno@xn--mller-kva.example"


@pytest.mark.usefixtures("software")
def test_send_without_a_server_waits():
    mail = run_job(queued())
    assert (mail.state, mail.last_error) == (MailState.WAITING, Problem.NO_SERVER)
    assert Job.objects.get().state == "waiting"


@pytest.mark.usefixtures("software")
def test_send_through_the_installation_names_the_practice(post, settings):
    settings.SPORTELLO_MAIL = f"smtp://127.0.0.1:{post.port}"
    settings.DEFAULT_FROM_EMAIL = "post@house.example"
    mail = run_job(queued(from_name="Studio Ginestra", reply_to="studio@example.org"))
    message = email.message_from_string(post.mails[0])
    assert message["From"] == "Studio Ginestra <post@house.example>"
    assert message["Reply-To"] == "studio@example.org"
    assert mail.sent_through == "installation"


@pytest.mark.usefixtures("software")
def test_send_while_the_server_is_down_waits_and_goes_when_it_is_back():
    with socket.socket() as deaf:  # held, so that nobody else comes to listen there
        deaf.bind(("127.0.0.1", 0))
        set_server(Post(port=deaf.getsockname()[1]))
        mail = run_job(queued())
    assert (mail.state, mail.last_error, mail.attempts) == (MailState.WAITING, Problem.UNREACHABLE, 1)
    assert MailServer.objects.get().last_error == Problem.UNREACHABLE
    with smtp.running(Post()) as back:
        MailServer.objects.update(port=back.port)
        assert run_job(mail).state == MailState.SENT
    assert len(back.mails) == 1


@pytest.mark.usefixtures("software")
@pytest.mark.parametrize(
    ("step", "state", "problem"),
    [
        ({"recipient": "550 nobody here"}, MailState.FAILED, Problem.RECIPIENT_REFUSED),
        ({"recipient": "450 later"}, MailState.WAITING, Problem.BUSY),
        ({"sender": "553 not you"}, MailState.WAITING, Problem.SENDER_REFUSED),
        ({"data": "554 no"}, MailState.FAILED, Problem.CONTENT_REFUSED),
        ({"taken": "451 later"}, MailState.WAITING, Problem.BUSY),
        ({"taken": "550 spam"}, MailState.FAILED, Problem.CONTENT_REFUSED),
        ({"taken": "drop"}, MailState.UNCERTAIN, Problem.LINE_BROKE),
        ({"data": "drop"}, MailState.UNCERTAIN, Problem.LINE_BROKE),
        ({"recipient": "drop"}, MailState.WAITING, Problem.LINE_BROKE),
    ],
)
def test_send_that_is_refused_says_at_which_step(post, step, state, problem):
    for name, reply in step.items():
        setattr(post, name, reply)
    set_server(post)
    mail = run_job(queued())
    assert (mail.state, mail.last_error) == (state, problem)


@pytest.mark.usefixtures("software")
def test_send_after_a_worker_died_while_handing_over_is_uncertain_and_not_repeated(post):
    set_server(post)
    mail = queued()
    OutgoingMail.objects.update(state="handing")
    mail = run_job(mail)
    assert (mail.state, mail.last_error) == (MailState.UNCERTAIN, delivery.STOPPED)
    assert post.mails == []


@pytest.mark.usefixtures("software")
def test_send_of_a_sign_in_mail_after_a_worker_died_is_repeated_and_emptied(post, settings):
    settings.SPORTELLO_MAIL = f"smtp://127.0.0.1:{post.port}"
    mail = queued(party_id=0, text="a secret link", drop_body=True)
    OutgoingMail.objects.update(state="handing")
    mail = run_job(mail)
    assert mail.state == MailState.SENT
    assert "a secret link" in post.mails[0]
    assert mail.text == ""


@pytest.mark.usefixtures("software")
def test_send_gives_up_after_the_last_attempt(post, monkeypatch):
    post.sender = "421 closed"
    set_server(post)
    mail = queued()
    Job.objects.update(attempts=299)
    assert run_job(mail).state == MailState.FAILED
    assert Job.objects.get().state == "done"


@pytest.mark.usefixtures("software")
def test_send_in_the_demo_stays_in_the_mailbox(settings, post):
    settings.DEMO = True
    set_server(post)
    mail = run_job(queued())
    assert (mail.state, mail.sent_through) == (MailState.SENT, "mailbox")
    assert post.visits == 0


@pytest.mark.usefixtures("software")
def test_sign_in_mail_takes_the_same_way(settings):
    message = EmailMultiAlternatives("Reset", "a link", to=["ada@example.org"])
    message.attach_alternative("<p>a link</p>", "text/html")
    settings.EMAIL_BACKEND = "sportello.core.mail.backend.OutboxBackend"
    from django.core.mail import get_connection

    message.connection = get_connection("sportello.core.mail.backend.OutboxBackend")
    assert message.send() == 1
    mail = OutgoingMail.objects.get()
    assert (mail.party_id, mail.recipient, mail.text, mail.html) == (0, "ada@example.org", "a link", "<p>a link</p>")
    assert mail.drop_body


def typed(post: Post | None = None, **more: object) -> ServerSettings:
    values = {
        "host": "127.0.0.1",
        "port": post.port if post else 25,
        "security": "none",
        "username": "",
        "from_address": "studio@example.org",
    } | more
    return ServerSettings(**values)  # type: ignore[arg-type]


def send_test(actor: Actor = OWNER) -> str:
    return operations.send_test(actor=actor, to="marta@example.org", subject="Test", text="It works.")


@pytest.mark.django_db(transaction=True)
def test_send_test_through_a_good_server_marks_it_verified(post):
    operations.save_mail_server(actor=OWNER, typed=typed(post, username="me", password="pw"))
    assert send_test() == "practice"
    row = queries.mail_server(OWNER)
    assert row
    assert row.verified_at
    assert row.has_password
    assert "It works." in post.mails[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("step", "security", "problem"),
    [
        ({"auth": "535 no"}, "none", Problem.AUTH_REFUSED),
        ({"extensions": ()}, "none", Problem.AUTH_UNSUPPORTED),
        ({}, "starttls", Problem.NO_STARTTLS),
        ({}, "tls", Problem.TLS_FAILED),
        ({"greeting": "HTTP/1.1 400 what"}, "none", Problem.NOT_SMTP),
        ({"greeting": "drop"}, "none", Problem.LINE_BROKE),
        ({"recipient": "550 no"}, "none", Problem.RECIPIENT_REFUSED),
    ],
)
def test_send_test_names_the_step_that_failed(post, step, security, problem):
    for name, reply in step.items():
        setattr(post, name, reply)
    operations.save_mail_server(actor=OWNER, typed=typed(post, username="me", password="pw", security=security))
    with pytest.raises(transport.MailProblem) as failure:
        send_test()
    assert failure.value.problem is problem
    row = queries.mail_server(OWNER)
    assert row
    assert (row.problem, row.verified_at) == (problem, None)


@pytest.mark.django_db(transaction=True)
def test_send_test_names_an_unknown_host(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "unknown")

    monkeypatch.setattr(socket, "create_connection", unknown)
    operations.save_mail_server(actor=OWNER, typed=typed(host="mail.example.invalid"))
    with pytest.raises(transport.MailProblem, match="host_unknown"):
        send_test()


def test_connected_to_a_server_that_is_silent_times_out():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(1)
        server = transport.Server("127.0.0.1", silent.getsockname()[1], "none")
        with pytest.raises(transport.MailProblem, match="timeout"), transport.connected(server, timeout=0.2):
            pass


@pytest.mark.parametrize("at_once", [True, False])
def test_connected_checks_the_certificate(tmp_path, monkeypatch, at_once):
    context, certificate = smtp.self_signed(tmp_path)
    security = "tls" if at_once else "starttls"
    with smtp.running(Post(context=context, tls_at_once=at_once)) as post:
        server = transport.Server("localhost", post.port, security)
        with pytest.raises(transport.MailProblem, match="certificate"), transport.connected(server):
            pass
        trusting = ssl.create_default_context(cafile=str(certificate))
        monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
        with transport.connected(server) as line:
            assert isinstance(line.sock, ssl.SSLSocket)


@pytest.mark.django_db(transaction=True)
def test_save_mail_server_sends_what_waited_for_one(post):
    with acting(System("test")):
        mail = queued()
        run_job(mail)
        waits_until = Job.objects.get().next_run_at
    operations.save_mail_server(actor=OWNER, typed=typed(post))
    with acting(System("test")):
        assert Job.objects.get().next_run_at < waits_until
        assert run_job(mail).state == MailState.SENT


@pytest.mark.django_db(transaction=True)
def test_save_mail_server_keeps_the_password_unless_a_new_one_is_typed(post):
    operations.save_mail_server(actor=OWNER, typed=typed(post, username="me", password="pw"))
    operations.save_mail_server(actor=OWNER, typed=typed(post, username="me", host="localhost"))
    with acting(OWNER):
        assert MailServer.objects.get().password == "pw"
    operations.save_mail_server(actor=OWNER, typed=typed(post, username="me", password=""))
    with acting(OWNER):
        assert MailServer.objects.get().password == ""
        assert "pw" not in str(list(AuditEntry.objects.values_list("details", flat=True)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": ""}, "host"),
        ({"host": "https://mail"}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70000}, "port"),
        ({"security": "maybe"}, "security"),
        ({"host": "mail.example.org", "username": "me"}, "security"),
        ({"from_address": "studio"}, "from_address"),
        ({"reply_to": "studio"}, "reply_to"),
    ],
)
def test_save_mail_server_names_the_setting_that_cannot_be_right(wrong, field):
    with pytest.raises(BadServer) as refusal:
        operations.save_mail_server(actor=OWNER, typed=typed(**wrong))
    assert refusal.value.field == field


@pytest.mark.django_db(transaction=True)
def test_remove_mail_server_leaves_none(post):
    operations.save_mail_server(actor=OWNER, typed=typed(post))
    operations.remove_mail_server(actor=OWNER)
    assert queries.mail_server(OWNER) is None
    with pytest.raises(MailServer.DoesNotExist):
        operations.remove_mail_server(actor=OWNER)


@pytest.mark.django_db(transaction=True)
def test_uncertain_mail_is_sent_again_or_marked_arrived_by_its_owner(post):
    with acting(System("test")):
        set_server(post)
        one, other = queued(), queued(key="k2")
        Job.objects.all().delete()
        OutgoingMail.objects.update(state="uncertain")
    operations.mark_arrived(actor=OWNER, mail_id=one.pk)
    operations.send_again(actor=OWNER, mail_id=other.pk)
    with acting(System("test")):
        run_job(other)
        assert set(OutgoingMail.objects.values_list("state", flat=True)) == {"sent"}
    assert len(post.mails) == 1
    with pytest.raises(ForbiddenStep):
        operations.send_again(actor=OWNER, mail_id=one.pk)


@pytest.mark.django_db(transaction=True)
def test_cancel_takes_a_waiting_mail_back(post):
    with acting(System("test")):
        set_server(post)
        mail = queued()
    operations.cancel(actor=OWNER, mail_id=mail.pk)
    with acting(System("test")):
        assert run_job(mail).state == MailState.CANCELLED
    assert post.visits == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [operations.send_again, operations.mark_arrived, operations.cancel])
def test_mail_of_another_party_is_not_found(act):
    with acting(System("test")):
        mail = queued()
    with pytest.raises(OutgoingMail.DoesNotExist):
        act(actor=STRANGER, mail_id=mail.pk)
    with pytest.raises(MayNot):
        act(actor=SECRETARY, mail_id=mail.pk)


@pytest.mark.django_db(transaction=True)
def test_mail_server_is_the_owners_business_alone(post):
    for act in (
        lambda who: operations.save_mail_server(actor=who, typed=typed(post)),
        lambda who: operations.remove_mail_server(actor=who),
        send_test,
        queries.mail_server,
        queries.mail_page,
        queries.mail_counts,
        lambda who: queries.mail_text(who, 1),
    ):
        with pytest.raises(MayNot):
            act(SECRETARY)


@pytest.mark.django_db(transaction=True)
def test_mail_page_goes_on_where_it_ended():
    with acting(System("test")):
        for number in range(queries.PAGE + 3):
            queued(key=f"k{number}")
        queued(party_id=6, key="theirs")
    first = queries.mail_page(OWNER)
    second = queries.mail_page(OWNER, before=first.next_before)
    assert [len(first.rows), len(second.rows), second.next_before] == [queries.PAGE, 3, None]
    assert first.rows[0].recipient == "bruno@example.org"
    assert "bruno" not in repr(first.rows[0])
    assert queries.mail_page(OWNER, state="sent").rows == ()
    assert queries.mail_counts(OWNER) == {"failed": 0, "uncertain": 0, "waiting": queries.PAGE + 3}


@pytest.mark.django_db(transaction=True)
def test_mail_text_records_the_reading():
    with acting(System("test")):
        mail = queued()
    assert queries.mail_text(OWNER, mail.pk).text == "Grüße\n"
    with acting(OWNER):
        assert AuditEntry.objects.get().action == "mail.read"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none", "")),
        ("smtp://me%40x:p%3Aw@mail.example.org", ("mail.example.org", 587, "starttls", "me@x")),
        ("smtps://mail.example.org", ("mail.example.org", 465, "tls", "")),
    ],
)
def test_parse_address_of_the_installation(address, expected):
    server = transport.parse_address(address, "post@house.example")
    assert server
    assert (server.host, server.port, server.security, server.username) == expected


@pytest.mark.parametrize("wrong", ["mail.example.org", "http://mail.example.org", "smtp://"])
def test_parse_address_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="SPORTELLO_MAIL"):
        transport.parse_address(wrong, "x@example.org")


@pytest.mark.usefixtures("software")
@pytest.mark.parametrize(
    "wrong",
    [{"security": "maybe"}, {"port": 0}, {"host": "mail.example.org", "username": "me"}],
)
def test_mail_server_that_cannot_be_right_is_refused_by_the_database(wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        set_server(Post(port=25), **wrong)
