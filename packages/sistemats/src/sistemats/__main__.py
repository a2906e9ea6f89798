"""`python -m sistemats` is the command `sistemats`."""

from sistemats.cli import main

raise SystemExit(main())
