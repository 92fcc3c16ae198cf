import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from wecom import doctor
from wecom.models import Corp
from wecom.text import clean

State = doctor.State
WORDS = {State.OK: "OK  ", State.NOTE: "--  ", State.WAIT: "..  ", State.FAIL: "FAIL"}
WIDTH = max(map(len, doctor.Check))


class Command(BaseCommand):
    help = "Check the credentials of every corp, or of one, and say what to do about those that are wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("corpid", nargs="?")
        parser.add_argument("--site", default=settings.SITE_URL, help="our public address; default: SITE_URL")

    def handle(self, *args: Any, **options: Any) -> None:
        corps = Corp.objects.all()
        if options["corpid"]:
            corps = corps.filter(corpid=clean(options["corpid"]))
        if not corps:
            raise CommandError("There is no such corp. Register one with: python manage.py add_corp")
        healthy = [self._report(corp, options["site"]) for corp in corps]
        if not all(healthy):
            sys.exit(1)

    def _report(self, corp: Corp, site: str) -> bool:
        self.stdout.write(self.style.MIGRATE_HEADING(f"{corp.corpid} {corp.name}"))
        findings = doctor.examine(corp, site)
        for finding in findings:
            paint = self.style.ERROR if finding.failed else self.style.SUCCESS
            self.stdout.write(f"{paint(WORDS[finding.state])}  {finding.check:<{WIDTH}}  {finding.detail}")
            for advice in finding.advice:
                self.stdout.write(f"{'':{WIDTH + 8}}{advice}")
        return not doctor.failed(findings)
