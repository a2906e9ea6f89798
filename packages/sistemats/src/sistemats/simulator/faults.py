"""Failures on demand: which call fails, and how.

A plan is a list of rules. Each rule counts the calls it is about and strikes by their number, by every so many, or at
a rate drawn from its own seeded generator, so a run can be repeated exactly.

>>> plan = FaultPlan()
>>> plan.add(read_rule({"kind": "ws99", "calls": [2]}))
>>> [plan.strike("insert", "ADA") is not None for _ in range(3)]
[False, True, False]
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sistemats.codes import Call
from sistemats.errors import InputError


class Fault(StrEnum):
    """What can go wrong on demand."""

    EXPIRED_PASSWORD = "expired_password"  # noqa: S105  the name of a failure
    LOCKOUT = "lockout"
    HANG = "hang"
    LOST_ANSWER = "lost_answer"
    WS99 = "ws99"
    HTTP_503 = "http_503"
    NON_MIME_FAULT = "non_mime_fault"
    WRONG_CERTIFICATE = "wrong_certificate"
    SLOW_PROCESSING = "slow_processing"
    SLOW_ANSWER = "slow_answer"
    UNKNOWN_CODE = "unknown_code"
    DUPLICATE_WARNING = "duplicate_warning"
    UNKNOWN_CITIZEN = "unknown_citizen"
    STATE_5 = "state_5"
    STATE_9 = "state_9"
    NON_ZIP_CSV = "non_zip_csv"
    ZIPPED_PDF = "zipped_pdf"
    INTERNAL_ERROR = "internal_error"
    HTTP_401 = "http_401"
    HTTP_403 = "http_403"
    EMPTY_ANSWER = "empty_answer"
    TRUNCATED_ANSWER = "truncated_answer"
    CONNECTION_RESET = "connection_reset"
    UNTRUSTED_TLS = "untrusted_tls"


EXPLAINED: dict[Fault, str] = {
    Fault.EXPIRED_PASSWORD: "authentication fault, as for an expired password",
    Fault.LOCKOUT: "the user is disabled, as after eight wrong passwords, until enabled again",
    Fault.HANG: "nothing is done and nothing answered for `seconds` (65), then the connection closes",
    Fault.LOST_ANSWER: "the call is done and committed, then the connection closes without an answer",
    Fault.WS99: "refused with WS99, nothing done; a retry works",
    Fault.HTTP_503: "HTTP 503 with a page of HTML",
    Fault.NON_MIME_FAULT: "nothing is done; a plain text/xml fault, also to a MIME request",
    Fault.WRONG_CERTIFICATE: "nothing can be decrypted, as when sealed for another key: 002",
    Fault.SLOW_PROCESSING: "an upload takes `seconds` (60) longer to be processed; other calls wait for the answer",
    Fault.SLOW_ANSWER: "the answer comes `seconds` (2) later",
    Fault.UNKNOWN_CODE: "an extra message with a code in no table, of type `tipo`: W (done) or E (refused)",
    Fault.DUPLICATE_WARNING: "done, with the warning W014",
    Fault.UNKNOWN_CITIZEN: "done, with the warning W003",
    Fault.STATE_5: "the upload is accepted and then rejected whole in processing",
    Fault.STATE_9: "the upload gets a protocol, whose state is 9",
    Fault.NON_ZIP_CSV: "error file and reports come as plain CSV instead of a zip",
    Fault.ZIPPED_PDF: "the receipt comes as a zip instead of a PDF",
    Fault.INTERNAL_ERROR: "the fault `Internal Error`, nothing done",
    Fault.HTTP_401: "HTTP 401",
    Fault.HTTP_403: "HTTP 403",
    Fault.EMPTY_ANSWER: "HTTP 200 with no body, nothing done",
    Fault.TRUNCATED_ANSWER: "done and committed; half of the answer comes, then the connection closes",
    Fault.CONNECTION_RESET: "the connection closes before the call is read as one; nothing is done",
    Fault.UNTRUSTED_TLS: "the TLS handshake shows a certificate of an unknown authority (counts connections)",
}
_DEFAULT_SECONDS = {Fault.HANG: 65.0, Fault.SLOW_PROCESSING: 60.0, Fault.SLOW_ANSWER: 2.0}


@dataclass(slots=True)
class Rule:
    """One failure and when it strikes. Without `calls`, `every` or `rate` it strikes at every call it is about."""

    kind: Fault
    calls: frozenset[int] = frozenset()
    every: int = 0
    rate: float | None = None
    seed: int = 0
    times: int | None = None
    operations: frozenset[Call] = frozenset()
    user: str | None = None
    seconds: float = 0.0
    tipo: str = "W"
    seen: int = 0
    struck: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311  repeatable, not secret

    def about(self, operation: Call | None, user: str | None) -> bool:
        """Tell whether a call of this operation and user is one the rule counts."""
        if self.operations and operation not in self.operations:
            return False
        return self.user is None or self.user == user

    def count(self) -> bool:
        """Count a call, and tell whether it is due to be struck."""
        self.seen += 1
        return self._due() and (self.times is None or self.struck < self.times)

    def _due(self) -> bool:
        if self.rate is not None:
            return self._dice.random() < self.rate
        if self.calls:
            return self.seen in self.calls
        return self.every == 0 or self.seen % self.every == 0

    def as_json(self) -> dict[str, Any]:
        """Return the rule as plain values, with how often it was asked and struck."""
        return {
            "kind": self.kind.value,
            "calls": sorted(self.calls),
            "every": self.every or None,
            "rate": self.rate,
            "seed": self.seed,
            "times": self.times,
            "operations": sorted(self.operations),
            "user": self.user,
            "seconds": self.seconds,
            "tipo": self.tipo,
            "seen": self.seen,
            "struck": self.struck,
        }


class FaultPlan:
    """The rules in force, asked once a call."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        """Start with some rules."""
        self._lock = threading.Lock()
        self._rules = list(rules)

    def add(self, *rules: Rule) -> None:
        """Add rules after those in force."""
        with self._lock:
            self._rules.extend(rules)

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these rules in place of all others."""
        with self._lock:
            self._rules = list(rules)

    def strike(self, operation: str | None, user: str | None) -> Rule | None:
        """Count a call with every rule that is about it; return the first that strikes, None when all is well."""
        if not self._rules:
            return None
        call = None if operation is None else Call(operation)
        return self._first(lambda rule: rule.kind is not Fault.UNTRUSTED_TLS and rule.about(call, user))

    def strike_connection(self) -> Rule | None:
        """Count a TLS connection; return the rule that spoils its handshake, None when all is well."""
        return self._first(lambda rule: rule.kind is Fault.UNTRUSTED_TLS)

    def _first(self, about: Callable[[Rule], bool]) -> Rule | None:
        with self._lock:
            due = [rule for rule in self._rules if about(rule) and rule.count()]
            if not due:
                return None
            due[0].struck += 1
            return due[0]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the rules as plain values."""
        with self._lock:
            return [rule.as_json() for rule in self._rules]


def read_rules(values: object) -> list[Rule]:
    """Build rules from JSON: one object, or a list of them.

    :raises InputError: something is wrong; it says what
    """
    entries = values if isinstance(values, list) else [values]
    return [read_rule(entry) for entry in entries]


def read_rule(values: object) -> Rule:
    """Build one rule from a JSON object.

    :raises InputError: something is wrong; it says what
    """
    if not isinstance(values, Mapping):
        raise InputError("faults: an object, or a list of objects, is needed.")
    unknown = set(values) - _FIELDS
    if unknown:
        raise InputError(f"faults.{min(unknown)}: no such field; there are {', '.join(sorted(_FIELDS))}.")
    try:
        kind = Fault(str(values.get("kind")))
    except ValueError:
        raise InputError(f"faults.kind: one of {', '.join(Fault)} is needed.") from None
    rate = values.get("rate")
    if rate is not None and not (isinstance(rate, int | float) and 0 <= rate <= 1):
        raise InputError("faults.rate: a number from 0 to 1 is needed.")
    tipo = values.get("tipo", "W")
    if tipo not in {"W", "E", "S"}:
        raise InputError("faults.tipo: W, E or S is needed.")
    return Rule(
        kind=kind,
        calls=_call_numbers(values),
        every=_whole(values, "every", 0),
        rate=None if rate is None else float(rate),
        seed=_whole(values, "seed", 0),
        times=None if values.get("times") is None else _whole(values, "times", 0),
        operations=_operations(values),
        user=values.get("user"),
        seconds=_seconds(values, kind),
        tipo=tipo,
        seen=_whole(values, "seen", 0),
        struck=_whole(values, "struck", 0),
    )


_FIELDS = frozenset(
    [
        "kind",
        "call",
        "calls",
        "every",
        "rate",
        "seed",
        "times",
        "operation",
        "operations",
        "user",
        "seconds",
        "tipo",
        "seen",
        "struck",
    ]
)


def _whole(values: Mapping[str, Any], name: str, default: int) -> int:
    value = values.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"faults.{name}: a whole number, 0 or more, is needed.")
    return value


def _seconds(values: Mapping[str, Any], kind: Fault) -> float:
    value = values.get("seconds", _DEFAULT_SECONDS.get(kind, 0.0))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 86_400:
        raise InputError("faults.seconds: a number from 0 to 86400 is needed.")
    return float(value)


def _call_numbers(values: Mapping[str, Any]) -> frozenset[int]:
    found = values.get("calls", values.get("call"))
    numbers = [] if found is None else found if isinstance(found, list) else [found]
    if not all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in numbers):
        raise InputError("faults.calls: numbers of calls, from 1 on, are needed.")
    return frozenset(numbers)


def _operations(values: Mapping[str, Any]) -> frozenset[Call]:
    found = values.get("operations", values.get("operation"))
    names = [] if found is None else found if isinstance(found, list) else [found]
    try:
        return frozenset(Call(name) for name in names)
    except ValueError:
        raise InputError(f"faults.operations: some of {', '.join(Call)} are needed.") from None
