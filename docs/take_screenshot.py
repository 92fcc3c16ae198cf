"""Take docs/screenshot.png: the report of the demo's SOP after a few days of the sandbox's people.

`make screenshot` starts a demo of its own (own data, free ports) and stops it. With URL and SANDBOX_URL in the
environment it uses a running one.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "screenshot.png"
BIGGEST = 300_000  # bytes
LOGIN = ("operator", "sandbox-demo")
CALLS = 3  # that are made between two turns
START = 180.0  # seconds for a demo to answer, its packages being there
HOURS = 4  # by which the clock is turned at a time: people act between the turns
PAUSE = 3.0  # seconds for beat and worker to do what became due
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """The addresses of product and sandbox, both alive, on data that are gone afterwards."""
    web, sandbox = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="scrm-screenshot-") as var:
        environment = {**os.environ, "VAR_DIR": var, "PORT": str(web), "SANDBOX_PORT": str(sandbox)}
        command = [sys.executable, "manage.py", "demo"]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
            try:
                addresses = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{sandbox}"
                wait_for_people(addresses[1], process)
                yield addresses
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_people(sandbox: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the sandbox's people walk about, which the demo starts last."""
    end = time.monotonic() + START
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit("The demo did not start; `make demo` says why.")
        try:
            if requests.get(f"{sandbox}/sandbox/api/people", timeout=5).json()["running"]:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise SystemExit(f"The demo did not answer within {START:.0f} s.")


def live(page: Page, web: str, sandbox: str, days: float) -> None:
    """Let days pass: customers scan the QR code at the door, staff confirm or forget, some calls are made."""
    for _turn in range(round(days * 24 / HOURS)):
        answer = requests.post(f"{sandbox}/sandbox/api/clock", json={"advance": HOURS * 3600}, timeout=30)
        answer.raise_for_status()
        requests.post(f"{sandbox}/sandbox/api/tasks/run", timeout=60).raise_for_status()
        time.sleep(PAUSE)
        make_calls(page, web)


def make_calls(page: Page, web: str) -> None:
    """The sandbox's people play WeCom only; ticking off a call is done in the product."""
    for when in ("overdue", "today"):
        for _call in range(CALLS):
            page.goto(f"{web}/tasks/?when={when}")
            lines = page.locator("summary.task-line")
            if lines.count() == 0:
                break
            lines.first.click()
            with page.expect_response("**/done/"):
                page.locator("details[open]").get_by_role("button", name="Done").first.click()


def log_in(page: Page, web: str) -> None:
    page.goto(f"{web}/login/")
    page.locator("[name=username]").fill(LOGIN[0])
    page.locator("[name=password]").fill(LOGIN[1])
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"{web}/")


def photograph(page: Page, web: str) -> None:
    page.goto(f"{web}/campaigns/")
    page.locator("tbody a[href^='/campaigns/']").first.click()
    page.locator(".split").first.wait_for()
    page.screenshot(path=PICTURE, animations="disabled")


def take(web: str, sandbox: str, days: float) -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        size = {"width": 1280, "height": 960}
        page = browser.new_page(locale="en-US", color_scheme="light", viewport=size, reduced_motion="reduce")
        log_in(page, web)
        live(page, web, sandbox, days)
        photograph(page, web)
        browser.close()
    weight = PICTURE.stat().st_size
    if weight > BIGGEST:
        raise SystemExit(f"{PICTURE} has {weight:,} bytes, more than {BIGGEST:,}.")
    print(f"{PICTURE.relative_to(ROOT)}: {weight:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the picture of a campaign's report that the README shows.")
    parser.add_argument("--url", default=os.environ.get("URL"), help="a running demo; its clock will be turned")
    parser.add_argument("--sandbox-url", default=os.environ.get("SANDBOX_URL"), help="that demo's sandbox")
    parser.add_argument("--days", type=float, default=8, help="how long people live before the picture is taken")
    given = parser.parse_args()
    if bool(given.url) != bool(given.sandbox_url):
        parser.error("--url and --sandbox-url go together")
    if given.url:
        take(given.url.rstrip("/"), given.sandbox_url.rstrip("/"), given.days)
        return
    with demo() as (web, sandbox):
        take(web, sandbox, given.days)


if __name__ == "__main__":
    main()
