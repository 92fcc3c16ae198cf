import datetime

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("wecom", "0004_prove_callback_keys")]

    operations = [
        migrations.RemoveConstraint(model_name="syncrun", name="one_running_sync_per_kind"),
        migrations.AddField(
            model_name="syncrun",
            name="subject",
            field=models.CharField(
                blank=True,
                default="",
                help_text="userid, where only one member is synced",
                max_length=64,
                verbose_name="subject",
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="report",
            field=models.JSONField(
                blank=True, default=dict, help_text="examples of what was different", verbose_name="report"
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="paused",
            field=models.DurationField(
                default=datetime.timedelta, help_text="between interruptions and resumptions", verbose_name="paused"
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="measured_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="the phase began or was resumed",
                verbose_name="measured since",
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="measured_from",
            field=models.PositiveIntegerField(
                default=0, help_text="what was done by then", verbose_name="measured from"
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="resumed",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="times resumed"),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="then",
            field=models.JSONField(blank=True, default=list, help_text="kinds that follow", verbose_name="then"),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="trouble",
            field=models.JSONField(
                blank=True, default=dict, help_text="WeCom's last refusal, in parts", verbose_name="trouble"
            ),
        ),
        migrations.AddConstraint(
            model_name="syncrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "running")),
                fields=("corp", "kind", "subject"),
                name="one_running_sync_per_kind_and_subject",
            ),
        ),
    ]
