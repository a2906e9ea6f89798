"""`portal keys`, `portal rotate-key`, `portal retire-key`: see the keys, write with a new one, drop an old one."""

from __future__ import annotations

import argparse
import logging
from typing import Any

log = logging.getLogger("portal.keys")


def add(commands: Any) -> None:
    """Describe the commands."""
    shown: argparse.ArgumentParser = commands.add_parser("keys", help="show the encryption keys and what each closes")
    shown.set_defaults(run=run_list)
    rotate = commands.add_parser(
        "rotate-key", help="add an encryption key and close everything anew under it, while people are signed in"
    )
    rotate.add_argument(
        "--resume", action="store_true", help="add no key: go on closing anew under the one that writes now"
    )
    rotate.set_defaults(run=run_rotate)
    retire = commands.add_parser("retire-key", help="take a key that closes nothing out of the key file")
    retire.add_argument("id", help="the key's id, as `portal keys` shows it")
    retire.set_defaults(run=run_retire)


def run_list(asked: argparse.Namespace) -> int:
    """Show the keys; 1 when something is closed under a key that is not there."""
    from portal.commands.outcome import Exit, complain, say
    from portal.keeping import rotation
    from portal.keeping.ring import ring

    used, ids = rotation.usage(), list(ring().keys)
    for key_id in ids:
        roles = [word for word, it in (("closes what is new", ids[0]), ("makes the hashes", ids[-1])) if it == key_id]
        say("; ".join([f"{key_id}: closes {used.pop(key_id, 0)}", *roles]))
    for key_id, count in sorted(used.items()):
        complain(f"{count} values are closed under {key_id!r}, which the key file does not hold: put its line back.")
    return Exit.FINDINGS if used else Exit.DONE


def run_rotate(asked: argparse.Namespace) -> int:
    """Add a key unless told not to, and close everything anew; 1 when something is left to do."""
    from datetime import UTC, datetime
    from pathlib import Path

    from django.conf import settings

    from portal.commands.outcome import Exit, complain, say
    from portal.keeping import key_file, rotation
    from portal.keeping.ring import ring

    if not asked.resume:
        key_id = key_file.add(Path(settings.PORTAL_KEY_FILE), datetime.now(UTC).date())
        log.info("the key %s was added and closes what is new", key_id)
        say(f"Key {key_id} was added to {settings.PORTAL_KEY_FILE}: renew the copy you keep of that file.")
    done = sum(rotation.close_anew())
    writing = next(iter(ring().keys))
    left = sum(count for key_id, count in rotation.usage().items() if key_id != writing)
    log.info("closed anew under the key %s: %d values, %d left", writing, done, left)
    say(f"Closed anew under key {writing}: {done} values.")
    if left:
        complain(f"{left} values changed meanwhile: run `portal rotate-key --resume` again.")
    return Exit.FINDINGS if left else Exit.DONE


def run_retire(asked: argparse.Namespace) -> int:
    """
    Take a key out of the file, if nothing needs it.

    :raises Refused: it closes something, closes what is new, makes the hashes, or is not there
    """
    from pathlib import Path

    from django.conf import settings

    from portal.commands.outcome import Exit, Refused, say
    from portal.keeping import key_file, rotation

    closes = rotation.usage()[asked.id]
    if closes:
        raise Refused(f"Key {asked.id} still closes {closes} values: run `portal rotate-key --resume`.")
    try:
        key_file.remove(Path(settings.PORTAL_KEY_FILE), asked.id)
    except ValueError as error:
        raise Refused(str(error)) from None
    log.info("the key %s was taken out of the key file", asked.id)
    say(f"Key {asked.id} is gone. Backups made before the rotation still need it: keep its line with them.")
    return Exit.DONE
