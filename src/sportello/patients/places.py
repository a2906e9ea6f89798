"""Places of birth by Belfiore code: every comune since the kingdom, and the States abroad.

Source: archive of comuni and States of ANPR, see ``data/README.md``. Days without a zone.

>>> place_of("H501").name, place_of("Z129").name, place_of("Z999")
('Roma', 'Romania', None)
>>> [place.code for place in find_places("reggio nell")]
['H223']
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from sportello.patients.folding import fold


@dataclass(frozen=True, slots=True)
class Place:
    """A comune or a State under one name.

    :ivar province: two letters, empty abroad
    :ivar since: first day of the name, None unknown
    :ivar until: last day, None while it exists
    """

    code: str
    name: str
    province: str
    since: date | None
    until: date | None

    @property
    def is_abroad(self) -> bool:
        """Whether it is a State other than Italy."""
        return self.code.startswith("Z")

    def existed_on(self, day: date) -> bool:
        """Tell whether the place had this name on a day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@cache
def _table() -> dict[str, tuple[Place, ...]]:
    """Read the table once: code to its names, oldest first."""
    found: dict[str, tuple[Place, ...]] = {}
    for place in _rows():
        found[place.code] = (*found.get(place.code, ()), place)
    return found


def _rows() -> Iterator[Place]:
    text = resources.files("sportello.patients").joinpath("data", "places.tsv").read_text("utf-8")
    for row in text.splitlines()[1:]:
        code, name, province, since, until = row.split("\t")
        yield Place(code, name, province, _day(since), _day(until))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def known_codes() -> Set[str]:
    """Return every Belfiore code that was ever assigned, as far as the table knows."""
    return _table().keys()


def place_of(code: str, born_on: date | None = None) -> Place | None:
    """Return the place of a code under the name it had on a day, or its latest; None for a code nobody knows."""
    names = _table().get(code.upper(), ())
    if born_on is not None:
        for place in names:
            if place.existed_on(born_on):
                return place
    return names[-1] if names else None


@cache
def _folded() -> tuple[tuple[str, Place], ...]:
    """Return every place under its folded name: those that exist first, then by name."""
    places = [place for names in _table().values() for place in names]
    return tuple(
        sorted(
            ((fold(place.name), place) for place in places),
            key=lambda entry: (entry[1].until is not None, entry[0], entry[1].code),
        )
    )


def find_places(text: str, *, limit: int = 10) -> list[Place]:
    """Return places whose name begins as typed, whatever the accents and capitals; existing ones first."""
    wanted = fold(text)
    if not wanted:
        return []
    found = [place for name, place in _folded() if name.startswith(wanted)]
    exact = [place for place in found if fold(place.name) == wanted]
    return [*exact, *(place for place in found if place not in exact)][:limit]
