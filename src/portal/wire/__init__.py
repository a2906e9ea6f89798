"""Asking a practice server: signed requests, verified replies, streams."""

from __future__ import annotations

from portal.wire.client import Download, Unreachable, ask, ask_desk, hang_up, stream

__all__ = ["Download", "Unreachable", "ask", "ask_desk", "hang_up", "stream"]
