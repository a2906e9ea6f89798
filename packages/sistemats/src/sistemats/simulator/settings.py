"""What nobody outside knows about the real service, as settings with a cautious default.

Each field says which open question of the protocol it answers. Seconds are seconds of the simulator's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sistemats.errors import InputError


@dataclass(frozen=True, slots=True)
class Settings:
    """How this simulator behaves where the real service is unknown or may change."""

    queue_seconds: float = 1.0  # how long a file stays in state 0
    processing_seconds: float = 1.0  # how long it then stays in state 1
    max_zip_bytes: int = 5_000_000  # 5 MByte: decimal, the smaller reading
    max_xml_bytes: int = 400_000_000  # what a zip may unpack to before it counts as a bomb
    max_body_bytes: int = 24_000_000  # an HTTP body longer than this is not read
    lock_after: int = 8  # wrong passwords before a user is disabled
    login_resets_count: bool = True  # a good password starts the count again
    reinsert_after_cancel: bool = False  # may a cancelled document's id be inserted again?
    refuse_same_file: bool = False  # is a file identical to an accepted one refused?
    check_refund_amount: bool = False  # may refunds exceed what was spent, type by type?
    same_day_warning: bool = True  # W014 for a second document of one citizen on one day
    list_synchronous: bool = False  # are synchronous calls among the sendings of a range of days?
    years_open: int = 1  # payments of how many past years are still accepted, late or not
    mime_replies: bool = False  # answer with a MIME package where a file is inside
    outcome_with_time: bool = True  # dataInvio with hours, minutes and seconds
    journal_size: int = 10_000  # calls the journal remembers

    def changed(self, values: Mapping[str, Any]) -> Settings:
        """Return these settings with some changed.

        :raises InputError: an unknown name, or a value of the wrong kind
        """
        known = {f.name: getattr(self, f.name) for f in fields(self)}
        clean: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise InputError(f"settings.{name}: no such setting; there are {', '.join(sorted(known))}.")
            clean[name] = _of_kind(name, value, known[name])
        return replace(self, **clean)

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)


def _of_kind(name: str, value: object, example: object) -> Any:
    """Return the value if it has the type of the example; numbers must not be negative."""
    if isinstance(example, bool):
        if isinstance(value, bool):
            return value
        raise InputError(f"settings.{name}: give true or false.")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise InputError(f"settings.{name}: give a number, 0 or more.")
    return float(value) if isinstance(example, float) else int(value)
