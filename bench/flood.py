"""What a flood of junk at the callback URL costs the pages: a page's rate while 2,000 badly signed posts a second are
refused by the callback process, against its rate without them.

Web server, callback server, PostgreSQL, the flood and the visitor share the machine. With two cores the flood takes
its own part of them, which on a machine of its own it would not.
"""

from __future__ import annotations

import http.client
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import Client

from bench.callbacks import AES_KEY, CORPID, TOKEN, request, served
from bench.measure import Result, compare
from staff.models import Role, User
from wecom.models import Corp, InboxEvent

RATE = 2_000  # requests a second
VISITS = 60
SETTLE = 0.5  # seconds before the first visit, with the flood and without
PAGE = "/customers/"


def run() -> Result:
    corp = Corp.objects.filter(corpid=CORPID).first() or Corp(corpid=CORPID, name="Bench", agentid=1)
    corp.api_base_url = "http://127.0.0.1:9"
    corp.set_credentials(secret="bench-secret", callback_token=TOKEN, aes_key=AES_KEY)
    cookie = login(corp)
    spans: dict[str, list[float]] = {"with": [], "without": []}
    with served("scrm.wsgi:application", corp) as web, served("scrm.wsgi_callback:application", corp) as callback:

        def flooded() -> float:
            with flood(callback):
                return visit(web, cookie, spans["with"])

        before = InboxEvent.objects.count()
        result = compare(
            "pages: under 2,000 junk callbacks/s ÷ without",
            "pages",
            product=flooded,
            bare=lambda: visit(web, cookie, spans["without"]),
            target=0.8,
        )
        assert InboxEvent.objects.count() == before
    told = ", ".join(f"{name} {quantile(found, 0.5):.1f}/{quantile(found, 0.95):.1f}" for name, found in spans.items())
    print(f"page in ms, p50/p95: {told}")
    return result


def login(corp: Corp) -> str:
    user, _created = User.objects.get_or_create(username="bench", defaults={"corp": corp, "role": Role.ADMIN})
    client = Client()
    client.force_login(user, backend="staff.backends.StaffBackend")
    return f"sessionid={client.cookies['sessionid'].value}"


def visit(port: int, cookie: str, spans: list[float]) -> float:
    """Pages a second of one visitor."""
    time.sleep(SETTLE)
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    began = time.perf_counter()
    for _ in range(VISITS):
        asked = time.perf_counter()
        line.request("GET", PAGE, headers={"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{PAGE} answered {answer.status}")
        spans.append(1000 * (time.perf_counter() - asked))
    return VISITS / (time.perf_counter() - began)


@contextmanager
def flood(port: int) -> Iterator[None]:
    junk = request(0).replace(b"msg_signature=", b"msg_signature=0", 1)
    command = [sys.executable, "-m", "bench.junk", str(port), str(RATE)]
    sender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=settings.BASE_DIR)
    assert sender.stdin
    sender.stdin.write(b"%d\n%s" % (len(junk), junk))
    sender.stdin.flush()
    try:
        yield
    finally:
        reached = float(sender.communicate(timeout=30)[0])
    if reached < 0.9 * RATE:
        raise RuntimeError(f"the flood reached only {reached:.0f} requests a second")


def quantile(spans: list[float], share: float) -> float:
    return statistics.quantiles(spans, n=100)[round(share * 100) - 1]
