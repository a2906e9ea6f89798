"""`sportello keys list|rotate|retire`: see the encryption keys, write with a new one, drop one that closes nothing."""

from __future__ import annotations

import argparse
from typing import Any


def add(commands: Any) -> None:
    """Describe the commands."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "keys", help="list, rotate or retire encryption keys", description=__doc__
    )
    acts = parser.add_subparsers(metavar="ACT", required=True)
    acts.add_parser("list", help="show each key's id and how much it closes").set_defaults(run=run_list)
    rotate = acts.add_parser("rotate", help="add a key and close everything anew under it; can be resumed")
    rotate.add_argument(
        "--resume", action="store_true", help="add no key: go on closing anew under the one that writes now"
    )
    rotate.set_defaults(run=run_rotate)
    retire = acts.add_parser("retire", help="take a key that closes nothing out of the key file")
    retire.add_argument("id", help="the key's id, as `keys list` shows it")
    retire.set_defaults(run=run_retire)


def run_list(asked: argparse.Namespace) -> int:
    """Show the keys; 1 when something is closed under a key that is not there."""
    from sportello.core import rotation
    from sportello.core.actors import System, acting
    from sportello.core.keys import ring
    from sportello.jobs.outcome import Exit, complain, say

    with acting(System("keys list")):
        used = rotation.usage()
    ids = list(ring().keys)
    for key_id in ids:
        roles = [word for word, it in (("writes", ids[0]), ("makes the look-up hashes", ids[-1])) if it == key_id]
        say(f"{key_id}: closes {used[key_id]}{'; ' + ', '.join(roles) if roles else ''}")
    if used["?"]:
        complain(f"{used['?']} values or files are closed under keys that are not here: put their lines back.")
        return Exit.FINDINGS
    return Exit.DONE


def run_rotate(asked: argparse.Namespace) -> int:
    """Add a key unless told not to, and close everything anew."""
    from pathlib import Path

    from django.conf import settings
    from django.db import transaction

    from sportello.core import audit, keys, rotation
    from sportello.core.actors import System, acting
    from sportello.jobs.outcome import Exit, Misused, say

    if not asked.resume:
        if settings.SPORTELLO_KEYS:
            raise Misused(
                "The keys come from SPORTELLO_KEYS: put a new line `id:base64 of 32 bytes` first there, restart every "
                "process, then run `sportello keys rotate --resume`."
            )
        key_id = keys.add_to_file(Path(settings.SPORTELLO_KEY_FILE))
        say(f"Key {key_id} was added to {settings.SPORTELLO_KEY_FILE}: renew the copy you keep of that file.")
    done = 0
    with acting(System("keys rotate")):
        for count in rotation.close_anew():
            done += count
        with transaction.atomic():
            audit.record(System("keys rotate"), "keys.rotate", key=keys.ring().active, closed=done)
    say(f"Closed anew under key {keys.ring().active}: {done} values and files.")
    return Exit.DONE


def run_retire(asked: argparse.Namespace) -> int:
    """Take a key out of the file, if nothing needs it."""
    from pathlib import Path

    from django.conf import settings
    from django.db import transaction

    from sportello.core import audit, keys, rotation
    from sportello.core.actors import System, acting
    from sportello.jobs.outcome import Exit, Misused, Refused, say

    if settings.SPORTELLO_KEYS:
        raise Misused("The keys come from SPORTELLO_KEYS: take the line out there, after `sportello keys list`.")
    with acting(System("keys retire")):
        closes = rotation.usage()[asked.id]
        if closes:
            raise Refused(
                f"Key {asked.id} still closes {closes} values or files: run `sportello keys rotate --resume`."
            )
        try:
            keys.remove_from_file(Path(settings.SPORTELLO_KEY_FILE), asked.id)
        except ValueError as error:
            raise Refused(str(error)) from None
        with transaction.atomic():
            audit.record(System("keys retire"), "keys.retire", key=asked.id)
    say(f"Key {asked.id} is gone. Backups made before the rotation still need it: keep its line with them.")
    return Exit.DONE
