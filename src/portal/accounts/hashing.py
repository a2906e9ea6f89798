"""How passwords are hashed here: Argon2id, with as much work as hundreds who sign in at once leave room for.

Source: practice specification 6 (Argon2id); OWASP Password Storage Cheat Sheet: at least 19 MiB, 2 passes, 1 lane.
Decision 0095 says why not Django's own figures. Each hash names the figures it was made with, so that older ones, made
with others, go on being checked. Units: KiB, passes, lanes.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class PatientsArgon2(Argon2PasswordHasher):
    """Argon2id with 32 MiB, 2 passes and 1 lane."""

    memory_cost = 32 * 1024
    time_cost = 2
    parallelism = 1
