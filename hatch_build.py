"""What the build of a wheel adds to the sources: styles, scripts, fonts and compiled translations."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))


class Hook(BuildHookInterface):  # type: ignore[type-arg]
    """Bring everything a wheel carries that git does not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill the folders before the files are gathered; an editable install needs no less."""
        from script.lib import assets, catalogues

        assets.ensure()
        catalogues.compile_all()
