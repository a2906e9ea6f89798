"""A worker is killed at the worst moments: nothing is lost, and nothing is sent twice by itself."""

from __future__ import annotations

import collections
import functools
import re
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from sportello.core.schedule import known
from sportello.jobs.worker import Worker
from tests.support import smtp
from tests.support.installation import Installation, eventually, kill, made
from tests.support.smtp import Post

LEASE = ("--lease", "6", "--threads", "2")  # a busy machine must not let a living worker's lease lapse
LONG_LEASE = ("--lease", "600", "--threads", "2")  # where nobody dies

QUEUE = """
from datetime import UTC, datetime
from django.db import transaction
from sportello.core.mail.queueing import queue
from sportello.core.models import MailServer
MailServer.objects.update_or_create(party_id=5, defaults=dict(
    host="127.0.0.1", port={port}, security="none", from_address="studio@example.org", changed_at=datetime.now(UTC)))
with transaction.atomic():
    for number in range({count}):
        queue(party_id=5, purpose="paper", key=str(number), to="bruno@example.org", subject=f"N{{number}}.", text="x")
"""
STATES = """
from collections import Counter
from sportello.core.models import Job, OutgoingMail
states = lambda model, **more: dict(Counter(model.objects.filter(**more).values_list("state", flat=True)))
print(json.dumps({"mails": states(OutgoingMail), "jobs": states(Job, party_id=5)}))
"""


@pytest.fixture
def house(db: None, tmp_path) -> Iterator[Installation]:
    with made(tmp_path) as installation:
        yield installation


def subjects(post: Post) -> collections.Counter[str]:
    found = re.findall(r"Subject: (N\d+)\.", "\n".join(post.mails))
    return collections.Counter(found)


def has_taken(post: Post, count: int) -> bool:
    return len(post.mails) >= count


class Gate:
    """Holds the mail server at one step until it is opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.reached.set()
        self.opened.wait(300)


def test_worker_does_the_work_and_stops_when_told(house):
    with smtp.running(Post()) as post:
        house.python(QUEUE.format(port=post.port, count=5))
        with house.running("worker", *LONG_LEASE) as worker:
            eventually(lambda: len(post.mails) == 5)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(120) == 0
    assert house.python(STATES) == {"mails": {"sent": 5}, "jobs": {"done": 5}}
    assert house.python("from sportello.core.models import WorkerBeat as W; print(W.objects.count())") == 0


def test_worker_told_to_stop_finishes_what_it_does(house):
    gate = Gate()
    with smtp.running(Post(before_taken=gate)) as post:
        house.python(QUEUE.format(port=post.port, count=1))
        with house.running("worker", *LONG_LEASE) as worker:
            assert gate.reached.wait(120)
            worker.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert worker.poll() is None
            gate.opened.set()
            assert worker.wait(120) == 0
    assert house.python(STATES) == {"mails": {"sent": 1}, "jobs": {"done": 1}}


def test_worker_killed_before_the_text_leaves_sends_it_later_once(house):
    gate = Gate()
    with smtp.running(Post(before_recipient=gate)) as post:
        house.python(QUEUE.format(port=post.port, count=1))
        with house.running("worker", *LEASE) as worker:
            assert gate.reached.wait(120)
            kill(worker)
        gate.opened.set()
        with house.running("worker", *LEASE):
            eventually(lambda: house.python(STATES)["mails"] == {"sent": 1}, every=0.8)
    assert subjects(post) == {"N0": 1}


def test_worker_killed_while_the_text_leaves_asks_a_person(house):
    gate = Gate()
    with smtp.running(Post(before_taken=gate)) as post:
        house.python(QUEUE.format(port=post.port, count=1))
        with house.running("worker", *LEASE) as worker:
            assert gate.reached.wait(120)
            kill(worker)
        gate.opened.set()
        with house.running("worker", *LEASE):
            eventually(lambda: house.python(STATES) == {"mails": {"uncertain": 1}, "jobs": {"done": 1}}, every=0.8)
        assert subjects(post)["N0"] <= 1


@pytest.mark.slow
def test_worker_killed_again_and_again_loses_nothing_and_repeats_nothing(house):
    count = 60
    with smtp.running(Post()) as post:
        house.python(QUEUE.format(port=post.port, count=count))
        for mails in range(8, count, 12):
            with house.running("worker", *LEASE) as worker:
                eventually(functools.partial(has_taken, post, mails))
                kill(worker)
        with house.running("worker", *LEASE):
            eventually(lambda: set(house.python(STATES)["jobs"]) == {"done"}, every=0.8)
        states = house.python(STATES)["mails"]
    assert set(states) <= {"sent", "uncertain"}
    assert sum(states.values()) == count
    assert states.get("uncertain", 0) <= 2 * 5, "at most one a thread and kill"
    assert max(subjects(post).values()) == 1
    assert len(subjects(post)) >= states["sent"]


def test_two_workers_share_the_work_and_do_none_twice(house):
    with smtp.running(Post()) as post:
        house.python(QUEUE.format(port=post.port, count=30))
        with house.running("worker", *LONG_LEASE), house.running("worker", *LONG_LEASE):
            eventually(lambda: house.python(STATES)["mails"] == {"sent": 30}, every=0.8)
    assert set(subjects(post).values()) == {1}


def test_periodic_work_is_asked_for_once_by_two_workers(house):
    ran = """
from sportello.core.models import Job
print(json.dumps(sorted(Job.objects.filter(party_id=0, state="done").values_list("handler", flat=True))))
"""
    everything = sorted(each.handler for each in known() if each.handler.startswith("core."))
    with house.running("worker", *LONG_LEASE), house.running("worker", *LONG_LEASE):
        done = eventually(lambda: set(everything) <= set(found := house.python(ran)) and found, every=0.8)
    assert len(everything) >= 3
    assert [name for name in done if name.startswith("core.")] == everything
    assert (house.data / "anchors.jsonl").exists()


def test_worker_ends_when_its_supervisor_is_gone(house):
    with house.running("worker", "--supervisor", "1", *LEASE) as worker:
        assert worker.wait(120) == 0


@pytest.fixture
def idle(transactional_db, monkeypatch):
    """Give a worker in this process that never finds work; signals stay as they are."""
    monkeypatch.setattr("sportello.jobs.worker.signal.signal", lambda *given: None)
    monkeypatch.setattr("sportello.jobs.worker.tasks_port.run_next", lambda worker: False)
    return Worker(threads=2)


def test_worker_told_to_stop_while_it_keeps_house_ends_well(idle, monkeypatch):
    def told(chores: object) -> None:
        idle.stop()
        for thread in idle._threads:
            thread.join(60)

    monkeypatch.setattr(idle, "_keep_house", told)
    assert idle.run() == 0


def test_worker_that_lost_a_thread_says_so(idle, monkeypatch):
    monkeypatch.setattr(idle, "_keep_house", lambda chores: None)
    idle._threads[0] = threading.Thread(target=lambda: None)
    try:
        assert idle.run() == 1
    finally:
        idle.stop()
        for thread in idle._threads:
            thread.join(60)
