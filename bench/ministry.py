"""A ministry in a process of its own for the bench of the expenses: python -m bench.ministry FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

from sistemats.codes import SenderCategory
from sistemats.documents import Owner
from sistemats.simulator import Options, Settings, Simulator
from sistemats.simulator.users import Role, User

CODE, VAT = "RSSDAA79H51A944U", "01234560371"
PASSWORD, PIN = "Prova2026x", "1234567890"


def main() -> None:
    """Serve until standard input ends. It works files off at once, and forgets nothing."""
    rules = Settings(queue_seconds=0.0, processing_seconds=0.0, same_day_warning=False)
    sender = User(
        CODE,
        Role.PROFESSIONAL,
        PASSWORD,
        PIN,
        category=SenderCategory.HEALTH_PROFESSIONAL,
        owner=Owner(CODE),
        vat_numbers=(VAT,),
    )
    with Simulator(Options(folder=Path(sys.argv[1]), settings=rules), users=[sender]):
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
