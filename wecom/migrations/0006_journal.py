import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0005_watch_syncs"),
    ]

    operations = [
        migrations.CreateModel(
            name="EndpointHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=100, verbose_name="endpoint")),
                ("hour", models.DateTimeField(blank=True, null=True, verbose_name="hour")),
                (
                    "latency",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveIntegerField(),
                        default=list,
                        size=None,
                        verbose_name="answers by latency",
                    ),
                ),
                ("seconds", models.FloatField(default=0, verbose_name="seconds of waiting")),
                ("errors_by_code", models.JSONField(blank=True, default=dict, verbose_name="errors by code")),
                (
                    "corp",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="endpoint_hours",
                        to="wecom.corp",
                        verbose_name="corp",
                    ),
                ),
            ],
            options={
                "verbose_name": "endpoint's hour",
                "verbose_name_plural": "endpoints' hours",
                "ordering": ("corp", "endpoint", "-hour"),
                "indexes": [models.Index(fields=["corp", "hour"], name="journal_span")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("corp", "endpoint", "hour"),
                        name="one_row_per_endpoint_and_hour",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ErrorReply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=100, verbose_name="endpoint")),
                ("errcode", models.IntegerField(blank=True, null=True, verbose_name="errcode")),
                ("kind", models.CharField(max_length=10, verbose_name="kind")),
                ("errmsg", models.CharField(max_length=500, verbose_name="message")),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "corp",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="error_replies",
                        to="wecom.corp",
                        verbose_name="corp",
                    ),
                ),
            ],
            options={
                "verbose_name": "error reply",
                "verbose_name_plural": "error replies",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["corp", "-id"], name="reply_newest")],
            },
        ),
    ]
