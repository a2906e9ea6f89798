"""A cancellation of a document that no paper of ours stands for names it in the call itself."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("expenses", "0003_test_results")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="transmission",
            name="stray",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
    ]
