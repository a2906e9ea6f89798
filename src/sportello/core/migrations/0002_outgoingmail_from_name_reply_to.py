from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="outgoingmail",
            name="from_name",
            field=models.CharField(blank=True, max_length=120, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="outgoingmail",
            name="reply_to",
            field=models.EmailField(blank=True, max_length=254, default=""),
            preserve_default=False,
        ),
    ]
