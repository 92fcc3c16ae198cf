"""The processes of a rehearsal: a sandbox, the product's web server, a Celery worker, and a turner of the engine.

All of them are the real thing, on ports of their own; whoever is killed on purpose is started again.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

PATIENCE = 60.0  # seconds for a process to come up or for the engine to come to rest


class RehearsalError(Exception):
    """The rehearsal itself could not go on; says which process, and how its log ends."""


def tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Process:
    """A child in a process group of its own, with its output in a log file."""

    name: str
    command: list[str]
    log: Path
    pipe: bool = False
    child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        with self.log.open("a") as log:
            self.child = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.pipe else log,
                stderr=log,
                text=True,
                cwd=settings.BASE_DIR,
                start_new_session=True,
            )

    @property
    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self.child is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.child.pid, how)
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.kill(signal.SIGKILL)
        if self.child.stdout:
            self.child.stdout.close()


class Turner(Process):
    """``manage.py tick --every``: beat and worker in one; prints a line of JSON after each turn."""

    lines: queue.Queue[dict[str, Any]]

    def start(self) -> None:
        super().start()
        self.lines = queue.Queue()
        threading.Thread(target=self._read, args=(self.child, self.lines), daemon=True).start()

    @staticmethod
    def _read(child: subprocess.Popen[str], lines: queue.Queue[dict[str, Any]]) -> None:
        with suppress(ValueError):  # the pipe was closed by kill()
            for line in child.stdout or ():
                if line.startswith("{"):
                    lines.put(json.loads(line))

    def turns(self, deadline: float) -> Iterator[dict[str, Any]]:
        """Turns as they end, until ``deadline`` (monotonic) or the process's death."""
        while time.monotonic() < deadline and (self.alive or not self.lines.empty()):
            with suppress(queue.Empty):
                yield self.lines.get(timeout=0.2)


@dataclass
class World:
    var: Path
    seed: int
    web_port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    processes: list[Process] = field(default_factory=list)

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    def start(self) -> None:
        python, logs = sys.executable, self.var / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        sandbox = [python, "-m", "wecom.sandbox", "--port", str(self.sandbox_port), "--preset", "empty"]
        sandbox += ["--data", str(self.var / "sandbox.sqlite3"), "--seed", str(self.seed)]
        sandbox += ["--callback-base", self.web_url]
        web = [python, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.web_port)]
        web += ["--workers", "1", "--blocking-threads", "4", "scrm.wsgi:application"]
        worker = [python, "-m", "celery", "-A", "scrm", "worker", "-Q", "urgent,default,bulk", "-c", "2"]
        worker += ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
        tick = [python, "manage.py", "tick", "--every", "0.01", "--json"]
        self.sandbox = Process("sandbox", sandbox, logs / "sandbox.log")
        self.web = Process("web", web, logs / "web.log")
        self.worker = Process("worker", worker, logs / "worker.log")
        self.turner = Turner("turner", tick, logs / "turner.log", pipe=True)
        self.processes = [self.sandbox, self.web, self.worker, self.turner]
        for process in self.processes:
            process.start()
        self._await("sandbox", f"{self.sandbox_url}/sandbox/api/clock")
        self._await("web", f"{self.web_url}/healthz")

    def _await(self, name: str, url: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with suppress(requests.RequestException):
                if requests.get(url, timeout=2).status_code == 200:
                    return
            time.sleep(0.1)  # a process needs its time to come up; there is nothing else to wait on
        raise RehearsalError(
            f"The {name} process did not come up. Its log ends:\n{tail(self.var / 'logs' / f'{name}.log')}"
        )

    def restart(self, process: Process) -> None:
        process.kill()
        process.start()

    def rest(self) -> None:
        """Wait until the engine has turned, from now on, without finding anything to do."""
        asked = time.time()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for turn in self.turner.turns(deadline):
                if turn["began"] >= asked and not turn["did"]:
                    return
            self.restart(self.turner)
        raise RehearsalError(f"The engine does not come to rest. Its log ends:\n{tail(self.turner.log)}")

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill(signal.SIGTERM)
