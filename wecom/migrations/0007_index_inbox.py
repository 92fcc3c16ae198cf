from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Callbacks go on being written meanwhile."""

    atomic = False

    dependencies = [
        ("wecom", "0006_journal"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(fields=["corp", "external_userid", "-id"], name="inbox_customer"),
        ),
        AddIndexConcurrently(
            model_name="inboxevent",
            index=models.Index(fields=["corp", "received_at"], name="inbox_span"),
        ),
    ]
