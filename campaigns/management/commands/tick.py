"""One engine turn in this process, without Celery: clock, inbox, then every phase of the engine."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connection

from campaigns import engine
from wecom import clock, inbox
from wecom.models import Corp


class Command(BaseCommand):
    help = "Do one engine turn: inbox, enrol, advance, batch, dispatch, collect, reconcile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at", metavar="ISO-TIME", help="as if it were this moment, such as 2026-03-01T10:00+08:00"
        )
        parser.add_argument("--corp", metavar="CORPID", help="this corp only")
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, with this pause between the turns")
        parser.add_argument("--json", action="store_true", help="print a line of JSON per turn")

    def handle(self, *, at: str | None, corp: str | None, every: float | None, **options: Any) -> None:
        try:
            context = clock.at(at) if at else nullcontext()
            with context:
                self.turns(self.corp_id(corp), every, as_json=options["json"], pull=not at)
        except ValueError as error:
            raise CommandError(str(error))
        except KeyboardInterrupt:
            pass

    def corp_id(self, corpid: str | None) -> int | None:
        if corpid is None:
            return None
        corp = Corp.objects.filter(corpid=corpid).first()
        if corp is None:
            raise CommandError(f"There is no corp {corpid}.")
        return corp.pk

    def turns(self, corp_id: int | None, every: float | None, *, as_json: bool, pull: bool) -> None:
        while True:
            try:
                self.turn(corp_id, as_json=as_json, pull=pull)
            except (DatabaseError, InterfaceError) as error:  # psycopg2 calls a lost server either
                if every is None:
                    raise
                self.stderr.write(f"The database did not answer: {error}")
                connection.close()
            if every is None:
                return
            time.sleep(every)

    def turn(self, corp_id: int | None, *, as_json: bool, pull: bool) -> None:
        began = time.time()
        if pull:
            clock.pull()
        events = 0
        while handled := inbox.process(corp_id):
            events += handled
        turn = engine.turn(corp_id)
        counts = {"events": events, **asdict(turn)}
        if as_json:
            line = {"began": began, "ended": time.time(), "did": events + turn.did, **counts}
            self.stdout.write(json.dumps(line), ending="\n")
            self.stdout.flush()
        else:
            done = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
            self.stdout.write(done or "nothing to do")
