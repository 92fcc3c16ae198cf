"""The sandbox's control API, as a person at the controls uses it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import requests

PATIENCE = (3, 30)  # seconds to connect, to answer


class Sandbox:
    """One sandbox process; ``corpid`` is the corp that the rehearsal plays in."""

    def __init__(self, url: str, corpid: str) -> None:
        self.url = url
        self.corpid = corpid
        self.session = requests.Session()

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Raises requests.HTTPError with the sandbox's sentence."""
        answer = self.session.request(method, f"{self.url}/sandbox/api/{path}", json=body or None, timeout=PATIENCE)
        if answer.status_code >= 400:
            raise requests.HTTPError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def corp(self, method: str, path: str, **body: Any) -> Any:
        return self.call(method, f"corps/{self.corpid}/{path}", **body)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.call("GET", "clock")["now"])

    def turn_clock_to(self, moment: datetime) -> None:
        if moment > self.now():
            self.call("POST", "clock", set=moment.isoformat())

    def advance(self, seconds: float) -> None:
        self.call("POST", "clock", advance=seconds)

    def deliver_callbacks(self) -> None:
        self.call("POST", "tasks/run")

    def record(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.corp("GET", "record")
        return answer
