"""``manage.py messages``: collect the strings that people read, say which lack a Chinese translation, compile."""

from typing import Any

from babel.messages.mofile import write_mo
from django.core.management.base import BaseCommand

from scrm import catalogue


class Command(BaseCommand):
    help = "Collect strings into locale/zh_Hans/LC_MESSAGES/django.po, list those without translation, compile."
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        merged = catalogue.merge()
        with catalogue.path().with_suffix(".mo").open("wb") as file:
            write_mo(file, merged)
        for gap in catalogue.gaps(merged):
            self.stdout.write(f"no translation: {gap}")
        self.stdout.write(f"{len(merged)} strings, {len(catalogue.gaps(merged))} without translation")
