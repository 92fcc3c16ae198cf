"""``manage.py rehearse``: the main job against a sandbox of its own, and whether it came out right."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from argparse import SUPPRESS, ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from scrm.rehearsal.run import Script, rehearse
from scrm.rehearsal.stage import FAULTS
from scrm.rehearsal.verdict import table
from scrm.rehearsal.world import RehearsalError

IMPATIENT = {"WECOM_CONNECT_TIMEOUT": "1", "WECOM_READ_TIMEOUT": "0.5", "WECOM_BACKOFF": "0.02"}


def follow(child: subprocess.Popen[bytes]) -> int:
    """The child's exit code. When we are to end, it ends first, and with it the processes that it started."""
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGTERM)
        child.wait()
        return 130


class Command(BaseCommand):
    help = "Live through an SOP headlessly against a sandbox, then compare what customers received with our rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--staff", type=int, default=5)
        parser.add_argument("--customers", type=int, default=200)
        parser.add_argument("--days", type=int, default=7, help="days on which customers arrive")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--faults", default="", help=f"'all', or some of {','.join(FAULTS)}")
        parser.add_argument("--json", metavar="FILE", help="write the verdict there")
        parser.add_argument("--inside", help=SUPPRESS)

    def handle(self, **options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be ended in order, whoever asks
        script = self.script(options)
        if options["inside"]:
            self.perform(script, options)
        else:
            self.send_inside()

    def script(self, options: dict[str, Any]) -> Script:
        faults = FAULTS if options["faults"] == "all" else [name for name in options["faults"].split(",") if name]
        if unknown := set(faults) - set(FAULTS):
            raise CommandError(f"Unknown fault {', '.join(sorted(unknown))}; choose from {', '.join(FAULTS)} or all.")
        for name in ("staff", "customers", "days"):
            if options[name] < 1:
                raise CommandError(f"--{name} must be at least 1.")
        return Script(options["staff"], options["customers"], options["days"], options["seed"], list(faults))

    def send_inside(self) -> None:
        """Run again in a process whose settings point to fresh servers in a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as var:
            os.chmod(var, 0o755)  # noqa: S103 - PostgreSQL runs as nobody where we are root
            environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
            environment |= IMPATIENT | {"LOG_LEVEL": "WARNING", "VAR_DIR": var}
            command = [sys.executable, *sys.argv, "--inside", var]
            sys.exit(follow(subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)))

    def perform(self, script: Script, options: dict[str, Any]) -> None:
        call_command("migrate", verbosity=0)
        try:
            verdict = rehearse(script, Path(options["inside"]), self.stderr.write)
        except RehearsalError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("The rehearsal was broken off.") from None
        self.stdout.write(table(verdict))
        if options["json"]:
            Path(options["json"]).write_text(json.dumps(verdict.as_json(), ensure_ascii=False, indent=1))
        if not verdict.clean:
            sys.exit(1)
