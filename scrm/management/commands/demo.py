"""The whole product on this machine, with a corp that is alive: sandbox, web, callback, worker and beat."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from types import FrameType
from typing import Any

import requests
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.utils.translation import gettext as _

from scrm import demo_data
from scrm.rehearsal.world import Process
from scrm.rehearsal.world import free_port as any_port

HOST = "127.0.0.1"
PATIENCE = 60.0  # seconds for a process to answer
LOG_TAIL = 15  # lines of a dead process's log that are shown


class Command(BaseCommand):
    help = "Run the product with a living sandbox corp: web on PORT, sandbox on SANDBOX_PORT. Ctrl-C stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
        parser.add_argument("--sandbox-port", default=os.environ.get("SANDBOX_PORT") or "8010")
        parser.add_argument(
            "--callback-port",
            default=os.environ.get("CALLBACK_PORT"),
            help="where the sandbox calls back; by default any",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_without_static_files()
        port = free_port(options["port"], "PORT")
        sandbox_port = free_port(options["sandbox_port"], "SANDBOX_PORT")
        if port == sandbox_port:
            raise CommandError(f"PORT and SANDBOX_PORT are both {port}: they must differ.")
        callback_port = free_port(options["callback_port"] or str(any_port()), "CALLBACK_PORT")
        if callback_port in {port, sandbox_port}:
            raise CommandError(f"CALLBACK_PORT is {callback_port}, which PORT or SANDBOX_PORT is, too.")
        os.environ.setdefault("SITE_URL", f"http://{HOST}:{port}")  # links in the app's messages to staff
        signal.signal(signal.SIGTERM, interrupt)
        processes = the_processes(port, sandbox_port, callback_port)
        try:
            self.start(processes, *(f"http://{HOST}:{number}" for number in (port, sandbox_port, callback_port)))
            watch(processes)
        except KeyboardInterrupt:
            self.stdout.write("\n" + _("Stopping …"))
        finally:
            stop(processes)

    def start(self, processes: dict[str, Process], web: str, sandbox: str, callback: str) -> None:
        self.stdout.write(_("Database …"))
        call_command("migrate", verbosity=0)
        processes["sandbox"].start()
        processes["web"].start()
        processes["callback"].start()
        wait_for(f"{sandbox}/sandbox/api/clock", processes)
        self.stdout.write(_("Customers …"))
        logins = demo_data.prepare(sandbox)
        processes["worker"].start()
        processes["beat"].start()
        wait_for(f"{web}/healthz", processes)
        wait_for(f"{callback}/healthz", processes)
        requests.post(f"{sandbox}/sandbox/api/people", json={"running": True}, timeout=10).raise_for_status()
        self.tell(web, sandbox, logins)

    def tell(self, web: str, sandbox: str, logins: list[demo_data.Login]) -> None:
        width = max(len(login.username) for login in logins)
        lines = [f"  {login.username:<{width}}  {login.password}  {login.about}" for login in logins]
        self.stdout.write(
            "\n".join(
                [
                    "",
                    f"SCRM     {web}/",
                    f"Sandbox  {sandbox}/",
                    "",
                    _("Log in as (name, password):"),
                    *lines,
                    "",
                    _("Ctrl-C stops everything. Logs: %(folder)s") % {"folder": log_folder()},
                ]
            )
        )


def log_folder() -> Path:
    return Path(settings.VAR_DIR) / "log"


def refuse_without_static_files() -> None:
    missing = [
        str(entry[1]) for entry in settings.STATICFILES_DIRS if isinstance(entry, tuple) and not entry[1].exists()
    ]
    if missing:
        raise CommandError(f"{missing[0]} is missing: run `make setup`.")


def free_port(value: str, name: str) -> int:
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise CommandError(f"{name} must be a port between 1 and 65535; it is {value!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(value)))
        except OSError as error:
            raise CommandError(
                f"Port {value} cannot be used ({error.strerror}): "
                f"stop what uses it, or choose another with `make demo {name}={int(value) + 100}`."
            )
    return int(value)


def the_processes(port: int, sandbox_port: int, callback_port: int) -> dict[str, Process]:
    """In the order in which they are stopped. Should this process be killed, the kernel ends them, too."""
    log_folder().mkdir(parents=True, exist_ok=True)
    data = Path(settings.VAR_DIR) / "sandbox.sqlite3"
    granian = f"granian --interface wsgi --no-ws --host {HOST} --workers 1 --log-level warning"
    celery = "celery -A scrm --quiet"
    commands = {
        "beat": f"{celery} beat --loglevel WARNING --pidfile=".split(),
        "worker": f"{celery} worker --queues urgent,default,bulk --pool threads -c 6 --loglevel WARNING".split(),
        "web": f"{granian} --port {port} --blocking-threads 8 scrm.wsgi:application".split(),
        "callback": f"{granian} --port {callback_port} --blocking-threads 4 scrm.wsgi_callback:application".split(),
        "sandbox": [
            *f"wecom.sandbox --port {sandbox_port} --preset demo".split(),
            *("--callback-base", f"http://{HOST}:{callback_port}", "--data", str(data)),
        ],
    }
    end_with_us = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    return {
        name: Process(name, [*end_with_us, sys.executable, "-m", *words], log_folder() / f"{name}.log")
        for name, words in commands.items()
    }


def wait_for(url: str, processes: dict[str, Process]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        refuse_dead(processes)
        try:
            if requests.get(url, timeout=5).status_code == requests.codes.ok:
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            raise CommandError(f"{url} did not answer within {PATIENCE:.0f} s: see {log_folder()}.")
        time.sleep(0.1)


def watch(processes: dict[str, Process]) -> None:
    while True:
        refuse_dead(processes)
        time.sleep(0.5)


def refuse_dead(processes: dict[str, Process]) -> None:
    """A process that ended by itself ends the demo, with the last that it said."""
    for name, process in processes.items():
        if process.child is not None and not process.alive:
            last = "\n".join(process.log.read_text(errors="replace").splitlines()[-LOG_TAIL:])
            raise CommandError(f"{name} ended with status {process.child.returncode}; it said last:\n{last}")


def stop(processes: dict[str, Process]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would leave some of them running
    for process in processes.values():
        if process.alive:
            process.kill(signal.SIGTERM)


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
