from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("wecom", "0003_lease_by_session"),
    ]

    operations = [
        migrations.AddField(
            model_name="corp",
            name="callback_checked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="callback URL checked at"),
        ),
        migrations.AddField(
            model_name="corp",
            name="callback_keys_made_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="callback keys made at"),
        ),
    ]
