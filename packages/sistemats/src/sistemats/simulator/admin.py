"""The admin port: JSON for programs, one page for people.

| call | what it does |
|---|---|
| GET / | the page |
| GET /journal | every call; `since`, `limit`, `newest` |
| GET /books | documents and sendings the State holds; `limit`, `after` |
| GET, POST, DELETE /faults | the failures in force; add one or several, replace all, remove all |
| GET, POST /clock | read, set, advance, stop the clock |
| GET, POST /users | the users; add or change one or several |
| GET, POST /settings | what is open about the real service |
| POST /remarks | a citizen's remark on a document |
| POST /certificate | reissue SanitelCF, with the same key or a new one |
| GET /codes, /endpoints, /healthz | the table of codes, the addresses, a sign of life |
| POST /reset | forget documents, sendings and journal |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sistemats.documents import DocumentId
from sistemats.errors import InputError
from sistemats.simulator.calls import Answer, HttpCall
from sistemats.simulator.clock import read_instant
from sistemats.simulator.directory import endpoints
from sistemats.simulator.faults import EXPLAINED, read_rules
from sistemats.simulator.messages import as_table
from sistemats.simulator.page import SECURITY_HEADERS, render_page
from sistemats.simulator.users import read_user

if TYPE_CHECKING:
    from sistemats.simulator.simulator import Simulator

Body = Any
Query = Mapping[str, str]
PAGE_LIMIT = 10_000
_PATIENCE = 10.0


def json_answer(values: object, status: int = 200) -> Answer:
    """Return plain values as JSON."""
    text = json.dumps(values, indent=1, ensure_ascii=False) + "\n"
    return Answer(status, "application/json; charset=UTF-8", text.encode("utf-8"), extra_headers=SECURITY_HEADERS)


def _number(query: Query, name: str, default: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise InputError(f"{name}: a whole number, 0 or more, is needed.")
    return int(text)


def _object(body: Body) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise InputError("body: a JSON object is needed.")
    return body


class Admin:
    """Answers the calls of the admin port."""

    def __init__(self, simulator: Simulator) -> None:
        """Look into and steer this simulator."""
        self._simulator = simulator
        self._ministry = simulator.ministry
        self._routes: dict[tuple[str, str], Callable[[Query, Body], object]] = {
            ("GET", "/journal"): self._journal,
            ("GET", "/books"): self._books,
            ("GET", "/faults"): lambda _query, _body: self._faults(),
            ("POST", "/faults"): lambda _query, body: self._add_faults(body),
            ("DELETE", "/faults"): lambda _query, _body: self._replace_faults([]),
            ("GET", "/clock"): lambda _query, _body: self._clock(),
            ("POST", "/clock"): lambda _query, body: self._set_clock(_object(body)),
            ("GET", "/users"): lambda _query, _body: self._users(),
            ("POST", "/users"): lambda _query, body: self._put_users(body),
            ("GET", "/settings"): lambda _query, _body: self._ministry.settings.as_json(),
            ("POST", "/settings"): lambda _query, body: simulator.change_settings(_object(body)).as_json(),
            ("POST", "/remarks"): lambda _query, body: self._remark(_object(body)),
            ("POST", "/certificate"): lambda _query, body: self._certificate(_object(body)),
            ("GET", "/codes"): lambda _query, _body: {"codes": as_table()},
            ("GET", "/endpoints"): lambda _query, _body: endpoints(simulator.base, simulator.admin_base),
            ("POST", "/reset"): lambda _query, _body: self._reset(),
        }

    def answer(self, call: HttpCall) -> Answer:
        """Answer one call."""
        parts = urlsplit(call.path)
        if call.method in {"POST", "DELETE", "PUT"} and call.foreign:
            return json_answer({"error": "Another site may not steer the simulator."}, 403)
        if parts.path == "/" and call.method in {"GET", "HEAD"}:
            page = render_page(self._simulator)
            return Answer(200, "text/html; charset=UTF-8", page, extra_headers=SECURITY_HEADERS)
        route = self._routes.get((call.method.replace("HEAD", "GET"), parts.path))
        if route is None:
            known = any(path == parts.path for _, path in self._routes)
            problem = {"error": "No such method here." if known else "No such page."}
            return json_answer(problem, 405 if known else 404)
        return self._run(route, parts.path, parts.query, call)

    def _run(self, route: Callable[[Query, Body], object], path: str, query: str, call: HttpCall) -> Answer:
        values = {name: found[-1] for name, found in parse_qs(query).items()}
        form = call.content_type.startswith("application/x-www-form-urlencoded") and not call.body.startswith(b"{")
        try:
            body = _form(path, call.body) if form and call.body[:1] != b"[" else _json(call.body)
            found = route(values, body)
        except InputError as problem:
            return json_answer({"error": str(problem)}, 400)
        if form:
            return Answer(303, "text/plain", b"", extra_headers=f"Location: /#done\r\n{SECURITY_HEADERS}")
        return json_answer(found)

    def _journal(self, query: Query, _body: Body) -> object:
        since, limit = _number(query, "since", 0), _number(query, "limit", PAGE_LIMIT)
        entries = self._ministry.journal.read(since, limit, newest=query.get("newest", "") in {"1", "true"})
        for name in ("user", "operation", "service", "outcome"):
            if name in query:
                entries = [entry for entry in entries if entry[name] == query[name]]
        return {"entries": entries, "last": self._ministry.journal.last_number()}

    def _books(self, query: Query, _body: Body) -> object:
        self._ministry.processor.poke_if_ripe()
        limit, after = _number(query, "limit", PAGE_LIMIT), _number(query, "after", 0)
        held, cancelled = self._ministry.books.count()
        return {
            "documents": [one.as_json() for one in self._ministry.books.page(limit, after)],
            "sendings": [one.as_json() for one in self._ministry.sendings.page(limit, after)],
            "held": held,
            "cancelled": cancelled,
        }

    def _faults(self) -> object:
        known = {kind.value: text for kind, text in EXPLAINED.items()}
        return {"faults": self._ministry.faults.as_json(), "kinds": known}

    def _add_faults(self, body: Body) -> object:
        """Add an object or each of a list; `{"faults": [...]}` replaces all; `settings` beside them is taken too."""
        if isinstance(body, dict) and ("faults" in body or "settings" in body):
            if body.get("settings"):
                self._simulator.change_settings(_object(body["settings"]))
            return self._replace_faults(body["faults"]) if "faults" in body else self._faults()
        self._ministry.faults.add(*read_rules(body))
        return self._faults()

    def _replace_faults(self, body: Body) -> object:
        self._ministry.faults.replace(read_rules(body))
        return self._faults()

    def _clock(self) -> dict[str, Any]:
        clock = self._simulator.clock
        return {"now": clock.now().isoformat(), "today": clock.today().isoformat(), "frozen": clock.frozen}

    def _set_clock(self, body: dict[str, Any]) -> object:
        """Set (`now`), move on (`advance_seconds`, `advance_days`) or stop (`frozen`) the clock; wait for files."""
        clock, known = self._simulator.clock, {"now", "date", "advance_seconds", "advance_days", "frozen"}
        if not body or set(body) - known:
            raise InputError(f"clock: give some of {', '.join(sorted(known))}.")
        try:
            if isinstance(body.get("frozen"), bool):
                clock.freeze(body["frozen"])
            start = body.get("now", body.get("date"))
            if start is not None:
                clock.set(read_instant(str(start)))
            step = timedelta(days=float(body.get("advance_days", 0)), seconds=float(body.get("advance_seconds", 0)))
            clock.advance(step)
        except (ValueError, TypeError, OverflowError):
            raise InputError(
                "clock: now is an ISO day or instant, advance_days and advance_seconds are numbers."
            ) from None
        self._simulator.keep_clock()
        self._ministry.processor.poke(_PATIENCE)
        return self._clock()

    def _users(self) -> object:
        return {"users": [user.as_json() for user in self._ministry.gate.users()]}

    def _put_users(self, body: Body) -> object:
        """Add users, or change the given fields of existing ones; enabling or a password resets the count."""
        entries = body.get("users", [body]) if isinstance(body, dict) else body
        if not isinstance(entries, list) or not entries:
            raise InputError("users: an object or a list of objects is needed.")
        changed = [self._merged(_object(entry)) for entry in entries]
        self._ministry.gate.add(changed)
        self._simulator.directory.write_users(self._ministry.gate.users(), tls=self._simulator.options.tls)
        return {"users": [user.as_json() for user in changed]}

    def _merged(self, entry: dict[str, Any]) -> Any:
        name = entry.get("user", entry.get("name"))
        if not isinstance(name, str) or not name:
            raise InputError("user: the name of the user is needed.")
        known = self._ministry.gate.get(name)
        values = {"user": name, **entry}
        if known is None:
            return read_user(values)
        user = read_user({**known.as_json(), **values})
        afresh = entry.get("enabled") is True or "password" in entry
        return replace(user, failed_attempts=0) if afresh and "failed_attempts" not in entry else user

    def _remark(self, body: dict[str, Any]) -> object:
        """Put a citizen's remark on a document: `document` texts, and `items` with remarks by expense type."""
        try:
            issued_on = date.fromisoformat(str(body["issued_on"]))
            document_id = DocumentId(
                str(body["vat_number"]), issued_on, str(body["number"]), int(body.get("device", 1))
            )
            told_on = date.fromisoformat(str(body.get("on") or self._simulator.clock.today().isoformat()))
            texts, items = [str(text) for text in body.get("document", [])], list(body.get("items", []))
        except (KeyError, ValueError, TypeError):
            raise InputError("remarks: owner, vat_number, issued_on, device, number and on are needed.") from None
        remarks = {"on": told_on.isoformat(), "document": texts, "items": items}
        with self._ministry.store.transaction():
            held = self._ministry.books.get(str(body.get("owner", "")), document_id)
            if held is None:
                raise InputError("remarks: the books hold no such document of this owner.")
            self._ministry.books.put(replace(held, remarks=remarks))
        return remarks

    def _certificate(self, body: dict[str, Any]) -> object:
        keyring = self._simulator.keyring
        try:
            valid_from = read_instant(str(body["valid_from"])) if "valid_from" in body else keyring.valid_from
            valid_to = read_instant(str(body["valid_to"])) if "valid_to" in body else keyring.valid_to
        except ValueError:
            raise InputError("certificate: valid_from and valid_to are ISO days or instants.") from None
        if valid_to <= valid_from:
            raise InputError("certificate: valid_to must come after valid_from.")
        keyring.renew_sanitelcf(valid_from, valid_to, same_key=not body.get("new_key"))
        self._ministry.vault.use(keyring.opener())
        self._simulator.directory.write_certificates()
        return {
            "valid_from": valid_from.isoformat(),
            "valid_to": valid_to.isoformat(),
            "new_key": bool(body.get("new_key")),
        }

    def _reset(self) -> object:
        self._ministry.processor.poke(_PATIENCE)
        with self._ministry.store.transaction() as db:
            for table in ("documents", "sendings", "complaints"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608  names of our own
        self._ministry.journal.clear()
        return {"held": 0, "cancelled": 0}


def _json(body: bytes) -> Body:
    if not body.strip():
        return {}
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InputError("body: this is not JSON.") from None


def _form(path: str, body: bytes) -> Body:
    """Return what a form of the page stands for."""
    fields = {name: found[-1].strip() for name, found in parse_qs(body.decode("utf-8", "replace")).items()}
    if path == "/faults":
        return _fault_form(fields)
    if path == "/clock":
        return {name: value for name, value in fields.items() if value} | (
            {"frozen": fields["frozen"] == "true"} if "frozen" in fields else {}
        )
    if path == "/users":
        return {"user": fields.get("user", ""), "enabled": fields.get("enabled") == "true"}
    return {}


def _fault_form(fields: dict[str, str]) -> Body:
    if fields.get("clear"):
        return {"faults": []}
    rule: dict[str, Any] = {"kind": fields.get("kind", "")}
    try:
        for name, kind in (("times", int), ("seconds", float), ("rate", float), ("seed", int)):
            if fields.get(name):
                rule[name] = kind(fields[name])
        if fields.get("calls"):
            rule["calls"] = [int(number) for number in fields["calls"].split(",")]
    except ValueError:
        raise InputError("faults: calls, times, rate, seed and seconds are numbers.") from None
    if fields.get("operation"):
        rule["operations"] = [fields["operation"]]
    return rule
