"""Letting Python's search for cycles rest while thousands of small values are made and dropped at once.

None of them points back to another, so reference counts alone free them; the search would go through all of them again
and again for nothing, a tenth of the whole time of a file of documents.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """
    Search for no cycles until the block (or the decorated function) ends; keep it short, a slice of work.

    Where several threads are in such a block, the search begins again when the first leaves it.
    """
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()
