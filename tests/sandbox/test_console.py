"""The admin's console: the callback page checks the URL before it saves, and an app tells about itself."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.actors import AES_KEY, TOKEN, Corp
from wecom.sandbox import crypto

OTHER_KEY = AES_KEY[::-1].swapcase()[:42] + "A"


class Echo:
    """A product that answers WeCom's check of its URL as the documents want it, with one token and key."""

    def __init__(self, corpid: str) -> None:
        echo = self
        self.corpid, self.suffix = corpid, b""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = echo.answer(urlsplit(self.path).query)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback?corp=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, query: str) -> tuple[int, bytes]:
        given = {name: values[0] for name, values in parse_qs(query).items()}
        parts = (given["timestamp"], given["nonce"], given["echostr"], given["msg_signature"])
        if not crypto.signed(TOKEN, *parts):
            return 403, b""
        try:
            return 200, crypto.decrypt(given["echostr"], self.corpid, AES_KEY).encode() + self.suffix
        except ValueError:
            return 403, b""


@pytest.fixture
def echo(corp: Corp) -> Iterator[Echo]:
    echo = Echo(corp.corpid)
    yield echo
    echo.server.shutdown()
    echo.server.server_close()


def held(corp: Corp) -> tuple[str, str, str]:
    (app,) = corp.look("apps")["apps"]
    return app["callback_url"], app["token"], app["aes_key"]


def test_a_url_that_answers_is_saved_and_can_be_checked_again(corp: Corp, echo: Echo) -> None:
    saved = corp.act("callback", callback_url=echo.url)
    assert saved == {"url": echo.url, "ok": True, "answer": "ok"}
    assert held(corp) == (echo.url, TOKEN, AES_KEY)
    assert corp.act("callback")["ok"]


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"token": "anotherToken"}, "HTTP 403"),
        ({"aes_key": OTHER_KEY}, "HTTP 403"),
        ({"callback_url": "http://127.0.0.1:9/"}, "NewConnectionError"),
    ],
)
def test_what_does_not_answer_rightly_is_not_saved(
    corp: Corp, echo: Echo, change: dict[str, str], answer: str
) -> None:
    before = held(corp)
    refused = corp.act("callback", **{"callback_url": echo.url, **change})
    assert (refused["ok"], refused["answer"]) == (False, answer)
    assert held(corp) == before


def test_an_answer_with_anything_around_the_echo_is_wrong(corp: Corp, echo: Echo) -> None:
    echo.suffix = b"\n"
    assert corp.act("callback", callback_url=echo.url)["answer"] == "the answer is not the echostr"


def test_bad_input_is_refused_with_a_sentence(corp: Corp) -> None:
    assert "callback_url" in corp.act("callback", 400)["error"]
    assert "callback_url" in corp.act("callback", 400, callback_url="ftp://x")["error"]
    assert "no app 7" in corp.act("callback", 404, agentid=7, callback_url="http://127.0.0.1:9/")["error"]


def test_an_app_tells_about_itself_and_about_no_other(corp: Corp) -> None:
    corp.change(redirect_domain="SCRM.example.com")
    mine = corp.get("agent/get", agentid=1000002)
    assert (mine["agentid"], mine["close"], mine["redirect_domain"]) == (1000002, 0, "scrm.example.com")
    assert mine["allow_partys"] == {"partyid": [1]}
    assert corp.get("agent/get", agentid=7)["errcode"] == 301002
    assert corp.get("agent/get")["errcode"] == 40056


def test_its_visible_range_is_what_the_console_holds(corp: Corp) -> None:
    corp.change(visible_range={"departments": [2], "userids": ["carl"]})
    mine = corp.get("agent/get", agentid=1000002)
    assert mine["allow_partys"] == {"partyid": [2]}
    assert mine["allow_userinfos"] == {"user": [{"userid": "carl"}]}
    assert corp.get("agent/get", agentid=1000002)["redirect_domain"] == ""


def test_an_app_that_may_see_nobody_has_an_empty_range(corp: Corp) -> None:
    corp.change(visible_range={"departments": [], "userids": ["dora"]})
    mine = corp.get("agent/get", agentid=1000002)
    assert (mine["allow_partys"]["partyid"], mine["allow_userinfos"]["user"]) == ([], [])
