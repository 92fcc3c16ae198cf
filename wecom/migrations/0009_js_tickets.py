import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0008_suspensions"),
    ]

    operations = [
        migrations.CreateModel(
            name="JsTicket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("corp", "of the corp"), ("app", "of the app")], max_length=4, verbose_name="kind"
                    ),
                ),
                (
                    "ticket_sealed",
                    models.TextField(blank=True, default="", editable=False, verbose_name="ticket, encrypted"),
                ),
                ("version", models.PositiveIntegerField(default=0, verbose_name="version")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="expires at")),
                (
                    "refreshing_until",
                    models.DateTimeField(blank=True, null=True, verbose_name="being refreshed until"),
                ),
                (
                    "corp",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="js_tickets",
                        to="wecom.corp",
                        verbose_name="corp",
                    ),
                ),
            ],
            options={
                "verbose_name": "JS-SDK ticket",
                "verbose_name_plural": "JS-SDK tickets",
                "constraints": [
                    models.UniqueConstraint(fields=("corp", "kind"), name="one_js_ticket_per_corp_and_kind"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["corp", "app"])), name="js_ticket_kind_is_known"
                    ),
                ],
            },
        ),
    ]
