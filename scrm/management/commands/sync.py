"""Bring everything of a corp up to date: `manage.py sync CORPID [--only staff,tags,customers,groups]`."""

from __future__ import annotations

from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from scrm import syncing
from staff.errors import WrongState
from wecom.models import Corp, SyncRun

Status = SyncRun.Status
EVERY = 2.0  # seconds between two lines of progress


class Command(BaseCommand):
    help = "Fetch departments, staff, tags, customers and group chats from WeCom; goes on where a former run stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("corpid")
        parser.add_argument("--only", default="", metavar="KINDS", help=f"some of {','.join(syncing.JOBS)}")

    def handle(self, *args: Any, **options: Any) -> None:
        corp = Corp.objects.filter(corpid=options["corpid"]).first()
        if corp is None:
            known = ", ".join(Corp.objects.values_list("corpid", flat=True)) or "none yet, see add_corp"
            raise CommandError(f"There is no corp {options['corpid']}. Registered: {known}.")
        only = [kind for kind in options["only"].replace(" ", "").split(",") if kind] or None
        for kind in only or ():
            if kind not in syncing.JOBS:
                raise CommandError(f"{kind} is none of {', '.join(syncing.JOBS)}.")
        try:
            runs = syncing.sync_corp(corp, only, started_by="command line", tell=Reporter(self))
        except WrongState as refusal:
            raise CommandError(str(refusal))
        failed = [run for run in runs if run.status != Status.DONE]
        if failed:
            raise CommandError(f"Not complete: {', '.join(run.kind for run in failed)}. Run it again to go on.")


class Reporter:
    """Prints how a run begins, every two seconds how far it is, and how it ends."""

    def __init__(self, command: BaseCommand) -> None:
        self.command = command
        self.ended = Event()

    def __call__(self, run: SyncRun) -> None:
        if run.status == Status.RUNNING:
            self.ended.clear()
            Thread(target=self.watch, args=(run.pk,), daemon=True).start()
            return
        self.ended.set()
        self.line(run)

    def watch(self, run_id: int) -> None:
        """In a thread of its own, with a connection of its own: the sync's may be inside a transaction."""
        while not self.ended.wait(EVERY):
            self.line(SyncRun.objects.get(pk=run_id))
        connection.close()

    def line(self, run: SyncRun) -> None:
        counts = ", ".join(f"{number} {name}" for name, number in run.counts.items() if number) or "nothing yet"
        progress = f"{run.percent} %" if run.percent is not None else f"{run.done} done"
        text = f"{run.kind:<10} {run.get_status_display():<8} {progress:>8}  {counts}  ({run.rate:.0f}/s)"
        self.command.stdout.write(f"{text}  {run.error}".rstrip())
