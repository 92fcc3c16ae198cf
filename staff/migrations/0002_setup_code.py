from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SetupCode",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("printed_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "set-up code",
                "verbose_name_plural": "set-up codes",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="one_setup_code_at_most")],
            },
        ),
    ]
