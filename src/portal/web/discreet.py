"""What must not reach a log: the address of a request, which may be the secret of an invitation."""

from __future__ import annotations

import logging
import re

_PATH = re.compile(r"/(?:i|reset)/[^\s\"'?]*")


class NoAddresses(logging.Filter):
    """Takes secret addresses out of log lines; Django writes the path of a failed request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the line; every line passes."""
        text = record.getMessage()
        record.msg, record.args = _PATH.sub("/…", text), None
        return True
