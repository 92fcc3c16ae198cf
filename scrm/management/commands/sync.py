"""Bring a corp up to date: everything, some kinds, one member of staff or one customer."""

from __future__ import annotations

from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from customers.convergence import converge
from scrm import sync_words, syncing
from scrm.wording import PHASES
from staff.errors import WrongState, refused
from wecom.client import client_for
from wecom.errors import WeComError
from wecom.models import Corp, SyncRun

Status = SyncRun.Status
EVERY = 2.0  # seconds between two lines of progress
STARTED_BY = "command line"


class Command(BaseCommand):
    help = "Fetch departments, staff, tags, customers and group chats from WeCom; goes on where a former run stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("corpid")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--only", default="", metavar="KINDS", help=f"some of {','.join(syncing.JOBS)}")
        what.add_argument("--staff", metavar="USERID", help="only this member and their customers")
        what.add_argument("--customer", metavar="EXTERNAL_USERID", help="only this customer")

    def handle(self, *args: Any, **options: Any) -> None:
        corp = Corp.objects.filter(corpid=options["corpid"]).first()
        if corp is None:
            known = ", ".join(Corp.objects.values_list("corpid", flat=True)) or "none yet, see add_corp"
            raise CommandError(f"There is no corp {options['corpid']}. Registered: {known}.")
        try:
            if options["customer"]:
                self.customer(corp, options["customer"])
            else:
                self.finish(self.runs(corp, options))
        except WrongState as refusal:
            raise CommandError(str(refusal))
        except KeyboardInterrupt:
            raise CommandError("Stopped. Run it again to go on from there.")

    def runs(self, corp: Corp, options: dict[str, Any]) -> list[SyncRun]:
        reporter = Reporter(self)
        if options["staff"]:
            return [syncing.sync_staff(corp, options["staff"].lower(), STARTED_BY, reporter)]
        only = [kind for kind in options["only"].replace(" ", "").split(",") if kind] or None
        for kind in only or ():
            if kind not in syncing.JOBS:
                raise CommandError(f"{kind} is none of {', '.join(syncing.JOBS)}.")
        return syncing.sync_corp(corp, only, STARTED_BY, reporter)

    def finish(self, runs: list[SyncRun]) -> None:
        failed = [run for run in runs if run.status != Status.DONE]
        if failed:
            raise CommandError(f"Not complete: {', '.join(run.kind for run in failed)}. Run it again to go on.")

    def customer(self, corp: Corp, external_userid: str) -> None:
        try:
            converged = converge(corp, external_userid, client_for(corp))
        except WeComError as error:
            raise refused(error)
        if converged.detail is None:
            raise CommandError(f"WeCom shows no customer {external_userid} of the staff whom this app sees.")
        counts = {name: number for name, number in converged.counts.items() if number and name != "examples"}
        self.stdout.write(f"{external_userid}  {counted(counts)}")


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
        self.command.stdout.write(line(run))


def line(run: SyncRun) -> str:
    """`customers  running  customers  1,200/5,000 24 %  410/s  about 1 minute left  …`"""
    total = f"/{run.total:,} {run.percent} %" if run.total else ""
    place = run.cursor.get("after", "") if isinstance(run.cursor, dict) else ""
    told = sync_words.trouble(run)
    parts = [
        f"{run.kind:<10}{run.subject and ' ' + run.subject} {run.get_status_display():<8}",
        counted(run.counts) if run.status == Status.DONE else f"{PHASES.get(run.phase, '')} {run.done:,}{total}",
        f"{run.rate:,.0f}/s",
        sync_words.time_left(run.left) if run.left is not None else "",
        f"at {place}" if place and run.status != Status.DONE else "",
        f"{told.text} {told.advice} [{run.error}]" if told else "",
    ]
    return "  ".join(part for part in parts if part)


def counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "nothing new"
