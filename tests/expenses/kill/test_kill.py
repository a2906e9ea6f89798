"""Nothing lost, nothing twice: workers and requests are killed at random while the State misbehaves.

At the end the State holds exactly what it should, to the cent and the code, and its journal shows no document that was
inserted or refunded twice. `docs/engineering/expenses.md` says how to run it longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support import installation
from tests.support.installation import Installation

KILLS = int(os.environ.get("STS_KILLS", "300"))
DOCUMENTS = int(os.environ.get("STS_KILL_DOCUMENTS", "300"))
SEED = int(os.environ.get("STS_KILL_SEED", "20260312"))
FAULTS = [
    {"kind": "lost_answer", "rate": 0.06, "seed": 1},
    {"kind": "truncated_answer", "rate": 0.02, "seed": 2},
    {"kind": "hang", "rate": 0.01, "seed": 3, "seconds": 3.5},
    {"kind": "ws99", "rate": 0.05, "seed": 4},
    {"kind": "http_503", "rate": 0.05, "seed": 5},
    {"kind": "connection_reset", "rate": 0.03, "seed": 6},
    {"kind": "empty_answer", "rate": 0.02, "seed": 7},
]
PATIENCE = "2,3,6,3"
AWAITED = 6.0
"""Seconds that a document's call is awaited before the State is asked: read timeout and margin of `PATIENCE`."""
UNEXPECTED = "a child ended by itself"
LIMIT = max(1500, KILLS * 4)


@contextmanager
def ministry(folder: Path, kept: Installation) -> Iterator[dict[str, Any]]:
    """Run the simulator as a process of its own, with books on disk, failing as told."""
    folder.mkdir()
    faults = folder / "faults.json"
    rules = {"queue_seconds": 0.2, "processing_seconds": 0.2, "reinsert_after_cancel": True, "journal_size": 1_000_000}
    faults.write_text(json.dumps({"faults": FAULTS, "settings": rules | {"same_day_warning": False}}))
    words = ["simulate", "--dir", str(folder), "--state", str(folder / "books"), "--faults", str(faults)]
    process = subprocess.Popen(
        [sys.executable, "-m", "sistemats", *words], stdout=subprocess.PIPE, text=True, env=kept.environment
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.mark.timeout(LIMIT + 300)
def test_kills_lose_nothing_and_double_nothing(tmp_path: Path):
    folder, data = tmp_path / "ministry", tmp_path / "data"
    data.mkdir()
    settings = {"SPORTELLO_STS_SIMULATOR": str(folder), "SPORTELLO_STS_PATIENCE": PATIENCE, "SPORTELLO_LOG": "ERROR"}
    with installation.made(data, **settings) as place, ministry(folder, place) as there:
        admin = there["admin"]
        _post(f"{admin}/users", ADA)
        who = place.python(FOUND)
        plan = {"kills": KILLS, "documents": DOCUMENTS, "seed": SEED, "admin": admin, **who}
        told = _kill(place, plan)
        print("\n" + ", ".join(f"{name} {value}" for name, value in told.items() if name != "log"))
        assert UNEXPECTED not in told["log"], told["log"][-4000:]
        assert told["kills"] >= KILLS
        assert told["documents"] >= DOCUMENTS
        assert told["rested"], place.python(WAITING)
        ours, theirs = place.python(BOOKS), _held(admin)
        assert ours["odd"] == []
        assert theirs == ours["held"]
        assert ours["changed"] == 0, "derived anew, papers are something else than when they were marked"
        assert _twice(admin) == []
        assert _secrets(place, told) == []


def _kill(place: Installation, plan: dict[str, Any]) -> dict[str, Any]:
    log = place.data / "kill.log"
    with log.open("w") as told:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.expenses.kill.zygote", json.dumps(plan)],
            env=place.environment,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
            timeout=LIMIT,
            check=False,
            cwd=installation.ROOT,
        )
    text = log.read_text(errors="replace")
    assert done.returncode == 0, text[-4000:]
    return {**json.loads(done.stdout.splitlines()[-1]), "log": text}


def _held(admin: str) -> dict[str, list[Any]]:
    """Return what the State holds in force, by number: day, code, opposition, traceability, items."""
    books = json.loads(_get(f"{admin}/books?limit=1000000"))["documents"]
    return {
        one["number"]: [
            one["paid_on"],
            one["citizen"] or "",
            one["opposed"] == "1",
            {"SI": True, "NO": False}[one["traceable"]],
            sorted([item["expense_type"], item["amount"], item["vat_nature"]] for item in one["items"]),
            (one["refund_of"] or {}).get("number", ""),
        ]
        for one in books
        if not one["cancelled"]
    }


def _twice(admin: str) -> list[str]:
    """
    Return documents that were sent in once more although the State had them, alone or in a file.

    An insert that the State refused as there already counts too, unless the first one came so shortly before that its
    answer could still be awaited when the second left.
    """
    there: dict[str, datetime] = {}
    doubled = []
    for call in json.loads(_get(f"{admin}/journal?limit=1000000"))["entries"]:
        done = call["outcome"] in {"done", "warned"}
        if call["operation"] not in {"insert", "refund", "cancel"} or not (done or "S017" in call["codes"]):
            continue
        number, at = _number(call), datetime.fromisoformat(call["at"])
        if call["operation"] == "cancel":
            there.pop(number, None)
        elif number not in there:
            there[number] = at
        elif done or (at - there[number]).total_seconds() > AWAITED:
            doubled.append(number)
    sendings = json.loads(_get(f"{admin}/books?limit=1000000"))["sendings"]
    return doubled + [one["protocol"] for one in sendings if one["errors"] and not one["synchronous"]]


def _number(call: dict[str, Any]) -> str:
    values = call["values"]
    return str((values.get("document") or values)["id"]["number"])


def _secrets(place: Installation, told: dict[str, Any]) -> list[str]:
    logs = told["log"] + "".join(path.read_text(errors="replace") for path in place.data.glob("*.log"))
    return [secret for secret in ("VRDBRN80E12A944U", "Prova2026x") if secret in logs]


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=120) as answer:
        return answer.read()


def _post(address: str, values: dict[str, Any]) -> None:
    request = urllib.request.Request(address, json.dumps(values).encode(), {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=60).close()


ADA = {
    "user": "RSSDAA79H51A944U",
    "role": "professional",
    "password": "Prova2026x",
    "pin": "1234567890",
    "category": "health_professional",
    "owner": {"fiscal_code": "RSSDAA79H51A944U"},
}
FOUND = """
from tests.world import build_world
from tests.expenses.counter import open_account
world = build_world()
account = open_account(world, automatic=True)
found = {"entity_id": account.entity_id, "person_id": world.people["ada"].pk, "party_id": account.practice_id}
print(json.dumps(found))
"""
WAITING = """
from collections import Counter
from sportello.expenses.models import Expense, Transmission
rows = Expense.objects.order_by("pk").values_list("state", "problem", "why_not", "held", "tries")
print(json.dumps([str(Counter(rows)), str(Counter(Transmission.objects.values_list("state", "kind", "trouble")))]))
"""
BOOKS = """
from sportello.expenses import taking_in
from sportello.expenses.models import Expense, StsSettings
from sportello.expenses.rules.content import Content
held, odd = {}, []
for row in Expense.objects.order_by("pk"):
    if row.state not in {"ACCEPTED", "REFUNDED", "DELETED", "NOT_APPLICABLE"} or row.carrier_id:
        odd.append([row.number, row.state, row.problem, row.held, row.messages])
    if not row.due:
        continue
    content = Content.read(row.should)
    held[row.number] = [
        content.paid_on.isoformat(), content.code, content.opposed, content.traceable,
        sorted([one.expense_type, f"{one.amount:.2f}", one.nature] for one in content.pieces),
        content.original.number if content.original else "",
    ]
accounts = StsSettings.objects.order_by("pk").values_list("entity_id", "practice_id")
changed = sum(taking_in.take_in_entity(*account) for account in accounts)
print(json.dumps({"held": held, "odd": odd, "changed": changed}))
"""
