"""RSA keys for simulators in tests: made once a process, because making one takes longer than most tests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric import rsa

from sistemats.simulator.keys import new_key

_OF_A_SIZE = 6
"""More than one simulator asks for at a time: two keys that are asked for one after the other differ."""
_MADE: defaultdict[int, list[rsa.RSAPrivateKey]] = defaultdict(list)
_TURNS: defaultdict[int, Iterator[int]] = defaultdict(count)


def kept_key(bits: int) -> rsa.RSAPrivateKey:
    """Return a key of this size that was made before, another at each call; a new one while there are few."""
    made = _MADE[bits]
    if len(made) < _OF_A_SIZE:
        made.append(new_key(bits))
        return made[-1]
    return made[next(_TURNS[bits]) % _OF_A_SIZE]


@contextmanager
def kept() -> Iterator[None]:
    """Have simulators of this process use such keys until the block ends."""
    with patch("sistemats.simulator.keys.new_key", kept_key), patch("sistemats.simulator.keyring.new_key", kept_key):
        yield
