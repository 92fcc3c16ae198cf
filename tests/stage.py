"""What tests play on: a sandbox in its own process, a live web server, a browser."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from wecom import callback

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@contextmanager
def sandbox_process(data: Path, *flags: str) -> Iterator[str]:
    """The URL of an empty sandbox on a port of its own."""
    command = [sys.executable, "-m", "wecom.sandbox", "--port", "0", "--preset", "empty", "--data", str(data), *flags]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        try:
            assert line.startswith("sandbox: http://"), f"the sandbox did not start: {line!r}"
            yield line.removeprefix("sandbox: ").strip()
        finally:
            process.terminate()


@contextmanager
def live_server() -> Iterator[str]:
    """The URL of our own WSGI application, callback path included, on the tests' database."""
    thread = LiveServerThread("127.0.0.1", callback.wrap, port=0)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    try:
        yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
        connections.close_all()


@contextmanager
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        sentence = "Chromium is missing: apt-get install chromium runs the browser tests."
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def page_of(browser: Browser, base_url: str) -> Iterator[Page]:
    """A page that fails its test on a script's error or a breach of the content security policy."""
    context = browser.new_context(base_url=base_url, locale="en-US", timezone_id=settings.TIME_ZONE)
    context.set_default_timeout(10_000)
    page = context.new_page()
    problems: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            problems.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []
