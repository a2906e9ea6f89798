"""The session store: Django's own over our table, with keys kept as hashes and the account beside them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

DEVICE = "device"


def stored_key(session_key: str) -> str:
    """Return the form in which a session's key stands in the table."""
    return hashlib.sha256(session_key.encode()).hexdigest()


class SessionStore(DatabaseStore):
    """Reads and writes `accounts.Session`. The session itself holds opaque ids only."""

    times: tuple[datetime, datetime] | None = None
    """When the session that was read was opened, and last seen; None before it is read."""

    @classmethod
    def get_model_class(cls) -> Any:
        """Return the table."""
        from portal.accounts.models import Session

        return Session

    def _get_session_from_db(self) -> Any:
        from django.core.exceptions import SuspiciousOperation
        from django.utils import timezone

        try:
            row: Any = self.model.objects.get(
                session_key=stored_key(self.session_key or ""),
                expire_date__gt=timezone.now(),  # noqa: TID251 - Django's interface leaves no room for the instant
            )
        except (self.model.DoesNotExist, SuspiciousOperation):
            self._session_key = None
            return None
        self.times = row.opened_at, row.seen_at
        return row

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a session of this key."""
        return bool(super().exists(stored_key(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """Return the row to store, with the account and the device it belongs to."""
        row: Any = super().create_model_instance(data)
        row.session_key = stored_key(self._get_or_create_session_key())  # type: ignore[attr-defined]
        row.account_id = int(data[SESSION_KEY]) if data.get(SESSION_KEY) else None
        row.device = data.get(DEVICE, "")
        known = (
            self.get_model_class()
            .objects.filter(session_key=row.session_key)
            .values("uid", "opened_at", "seen_at")
            .first()
        )
        for name, value in (known or {}).items():
            setattr(row, name, value)
        return row

    def delete(self, session_key: str | None = None) -> None:
        """End the session."""
        key = session_key if session_key is not None else self.session_key
        if key:
            self.model.objects.filter(session_key=stored_key(key)).delete()
