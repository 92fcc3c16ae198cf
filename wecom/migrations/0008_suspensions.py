import django.db.models.deletion
from django.db import migrations, models


def note_present_ones(apps, schema_editor):
    """A corp that is suspended now has its row, too, so that its end is written down."""
    Corp, Suspension = apps.get_model("wecom", "Corp"), apps.get_model("wecom", "Suspension")
    for corp in Corp.objects.filter(suspended_at__isnull=False):
        Suspension.objects.create(
            corp=corp,
            errcode=corp.suspended_code or 0,
            reason=corp.suspended_reason,
            opened_at=corp.suspended_at,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0007_index_inbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="Suspension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("errcode", models.IntegerField(verbose_name="errcode")),
                ("reason", models.TextField(verbose_name="reason")),
                ("opened_at", models.DateTimeField(verbose_name="from")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "corp",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suspensions",
                        to="wecom.corp",
                        verbose_name="corp",
                    ),
                ),
            ],
            options={
                "verbose_name": "suspension",
                "verbose_name_plural": "suspensions",
                "ordering": ("-opened_at",),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at__isnull", True)),
                        fields=("corp",),
                        name="one_open_suspension_per_corp",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("closed_at__gte", models.F("opened_at"))),
                        name="suspension_ends_after_its_start",
                    ),
                ],
            },
        ),
        migrations.RunPython(note_present_ones, migrations.RunPython.noop),
    ]
