"""A WeCom that says exactly what a test wants, on loopback; and the documented sample bodies."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from wecom import callback, clock
from wecom.client import WeComClient, trial_client
from wecom.models import Corp

SAMPLES = Path(__file__).resolve().parents[3] / "shared/wecom/samples"
TOKEN = {"errcode": 0, "errmsg": "ok", "access_token": "token-1", "expires_in": 7200}
OK = {"errcode": 0, "errmsg": "ok"}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    endpoint: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


@dataclass
class PlayedWeCom:
    """Answers per endpoint, one after another, of which the last one stays; `default` for endpoints without.

    bytes are sent as they are, an int is a status, None drops the connection, a callable is asked.
    """

    url: str = ""
    default: list[Any] = field(default_factory=lambda: [OK])
    answers: dict[str, list[Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def says(self, endpoint: str, *answers: Any) -> None:
        self.answers[endpoint] = list(answers)

    def to(self, endpoint: str) -> list[Asked]:
        return [request for request in self.asked if request.endpoint == endpoint]

    def next_answer(self, request: Asked) -> Any:
        with self.lock:
            self.asked.append(request)
            unasked = [TOKEN] if request.endpoint == "gettoken" else list(self.default)
            rest = self.answers.setdefault(request.endpoint, unasked)
            answer = rest.pop(0) if len(rest) > 1 else rest[0]
        return answer(request) if callable(answer) else answer


def _handler(played: PlayedWeCom) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            endpoint = parts.path.removeprefix("/cgi-bin/").lstrip("/")
            request = Asked(self.command, endpoint, dict(parse_qsl(parts.query)), dict(self.headers), raw)
            answer = played.next_answer(request)
            if answer is None:
                self.close_connection = True
                return
            status, content = (answer, b"") if isinstance(answer, int) else (200, answer)
            content = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def played() -> Iterator[PlayedWeCom]:
    played = PlayedWeCom()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(played))
    server.daemon_threads = True
    played.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield played
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def client(played: PlayedWeCom) -> WeComClient:
    """A client of the played WeCom that needs no database."""
    corp = Corp(corpid="wwtest", agentid=1, api_base_url=played.url)
    corp.secret = "the-secret"
    return trial_client(corp)


@pytest.fixture
def played_corp(corp: Corp, played: PlayedWeCom) -> Corp:
    """A stored corp whose WeCom is the played one."""
    corp.api_base_url = played.url
    corp.save(update_fields=["api_base_url"])
    return corp


@pytest.fixture(autouse=True)
def _no_memory_between_tests() -> Iterator[None]:
    """Processes keep callback keys, counts of strangers and the clock's offset for seconds; tests roll rows back."""
    callback.forget()
    clock.forget()
    yield
    callback.forget()
    clock.forget()


@pytest.fixture
def sample() -> Callable[[str], Any]:
    """`sample("gettoken.response.json")`: a documented body, read where it lies."""
    if not SAMPLES.is_dir():
        pytest.skip("The documented sample bodies are not on this machine.")

    def read(name: str) -> Any:
        text = (SAMPLES / name).read_text(encoding="utf-8")
        return json.loads(text) if name.endswith(".json") else text

    return read


@pytest.fixture
def slowly() -> Callable[[float, Any], Callable[[Asked], Any]]:
    """`slowly(seconds, answer)`: an answer that comes late."""

    def late(seconds: float, answer: Any) -> Callable[[Asked], Any]:
        def reply(request: Asked) -> Any:
            time.sleep(seconds)
            return answer

        return reply

    return late
