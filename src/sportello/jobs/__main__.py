"""`python -m sportello.jobs` is the command `sportello`."""

from __future__ import annotations

from sportello.jobs.command_line import main

raise SystemExit(main())
