"""The table that rate limits count in."""

from __future__ import annotations

from typing import ClassVar

from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def make_table(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the table in whichever database is being migrated; nothing when it is there."""
    call_command("createcachetable", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """Make the cache table."""

    dependencies: ClassVar[list[tuple[str, str]]] = []
    operations: ClassVar = [migrations.RunPython(make_table, migrations.RunPython.noop)]
