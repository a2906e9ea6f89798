"""`python -m portal.commands` is the command `portal`."""

from __future__ import annotations

from portal.commands.command_line import main

raise SystemExit(main())
