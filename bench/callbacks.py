"""Callbacks per second through the product's callback process, against a bare WSGI application on the same server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from bench.measure import Result, compare
from wecom.models import Corp
from wecom.sandbox.crypto import encrypt, signature

CORPID, TOKEN, AES_KEY = "wwbench0000000001", "benchToken01", "benchbenchbenchbenchbenchbenchbenchbench000"
REQUESTS, CONNECTIONS = 2_000, 4
EVENT = (
    "<xml><ToUserName><![CDATA[{corpid}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
    "<CreateTime>{created}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[edit_external_contact]]></ChangeType>"
    "<UserID><![CDATA[clerk{clerk}]]></UserID><ExternalUserID><![CDATA[wm{number:030d}]]></ExternalUserID></xml>"
)


def run() -> Result:
    corp = Corp(corpid=CORPID, name="Bench", agentid=1, api_base_url="http://127.0.0.1:9")
    corp.secret, corp.callback_token, corp.aes_key = "bench-secret", TOKEN, AES_KEY
    corp.save()
    numbers = iter(range(10**9))
    with (
        served("scrm.wsgi_callback:application", corp) as product,
        served("bench.bare_callback:application", corp) as bare,
    ):
        return compare(
            "callbacks: product ÷ bare WSGI",
            "requests",
            product=lambda: rate(product, requests(numbers)),
            bare=lambda: rate(bare, requests(numbers)),
            target=0.9,
        )


@contextmanager
def served(application: str, corp: Corp) -> Iterator[int]:
    """A granian process with one worker; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = connection.settings_dict
    dsn = f"host={database['HOST']} port={database['PORT']} user={database['USER']} dbname={database['NAME']}"
    environment = os.environ | {
        "BENCH_DSN": f"{dsn} password={database['PASSWORD']}" if database["PASSWORD"] else dsn,
        "BENCH_CORP_ID": str(corp.pk),
        "BENCH_CORPID": CORPID,
        "BENCH_TOKEN": TOKEN,
        "BENCH_AES_KEY": AES_KEY,
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "2", "--log-level", "error", application]
    server = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR)
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not come up")


def requests(numbers: Iterator[int]) -> list[bytes]:
    """Signed and encrypted events, each a different one, as the bytes that go over the wire."""
    return [request(next(numbers)) for _ in range(REQUESTS)]


def request(number: int) -> bytes:
    now = str(int(time.time()))
    encrypted = encrypt(EVENT.format(corpid=CORPID, created=now, clerk=number % 50, number=number), CORPID, AES_KEY)
    body = (
        f"<xml><ToUserName><![CDATA[{CORPID}]]></ToUserName><AgentID><![CDATA[]]></AgentID>"
        f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    ).encode()
    query = {"msg_signature": signature(TOKEN, now, "bench", encrypted), "timestamp": now, "nonce": "bench"}
    head = (
        f"POST /wecom/callback/{CORPID}/?{urlencode(query)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: text/xml\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def rate(port: int, sent: list[bytes]) -> float:
    """Requests per second over persistent connections, one request at a time on each."""
    lanes = [sent[number::CONNECTIONS] for number in range(CONNECTIONS)]
    threads = [threading.Thread(target=talk, args=(port, lane)) for lane in lanes]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(sent) / (time.perf_counter() - began)


def talk(port: int, lane: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        for request_bytes in lane:
            line.sendall(request_bytes)
            answer = line.recv(4096)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"answered {answer[:80]!r}")
