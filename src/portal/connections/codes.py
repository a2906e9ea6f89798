"""Codes that the tables of connections hold."""

from __future__ import annotations

from enum import StrEnum


class ConnectionState(StrEnum):
    """How a connection stands on this side. Whether it opens anything is decided by the desk, at each request."""

    PENDING = "pending"  # the desk was asked to accept; its answer is not known yet
    CONNECTED = "connected"
    ENDED = "ended"  # the desk said so
