import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wecom import doctor
from wecom.models import Corp
from wecom.text import clean

WORDS = {doctor.State.OK: "OK  ", doctor.State.NOTE: "--  ", doctor.State.FAIL: "FAIL"}


class Command(BaseCommand):
    help = "Check the credentials of every corp, or of one, and say what to do about those that are wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpid", nargs="?")

    def handle(self, *args: Any, **options: Any) -> None:
        corps = Corp.objects.all()
        if options["corpid"]:
            corps = corps.filter(corpid=clean(options["corpid"]))
        if not corps:
            raise CommandError("There is no such corp. Register one with: python manage.py add_corp")
        healthy = [self._report(corp) for corp in corps]
        if not all(healthy):
            sys.exit(1)

    def _report(self, corp: Corp) -> bool:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{corp.corpid} {corp.name}"))
        findings = doctor.examine(corp)
        for finding in findings:
            paint = self.style.ERROR if finding.state is doctor.State.FAIL else self.style.SUCCESS
            self.stdout.write(f"{paint(WORDS[finding.state])}  {finding.check:<16}  {finding.detail}")
            if finding.advice:
                self.stdout.write(f"{'':24}{finding.advice}")
        return not doctor.failed(findings)
