"""Two more things that a test of the credentials can find."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("expenses", "0002_ledger")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="stssettings",
            name="test_result",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("good", "Good"),
                    ("authentication", "Authentication"),
                    ("expired", "Expired"),
                    ("pin", "Pin"),
                    ("owner", "Owner"),
                    ("delegation", "Delegation"),
                    ("certificate", "Certificate"),
                    ("trust", "Trust"),
                    ("network", "Network"),
                    ("silent", "Silent"),
                    ("busy", "Busy"),
                    ("unclear", "Unclear"),
                    ("unready", "Unready"),
                ],
                default="",
                max_length=20,
            ),
        ),
    ]
