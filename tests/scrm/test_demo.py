"""`manage.py demo` as a stranger runs it, in a process of its own on ports of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.scrm.test_embedded import eventually, processes_of

CORPID = "ww5a0d0b0c0d0e0f01"
ROOT = Path(__file__).resolve().parents[2]


def demo(var: Path, port: int, sandbox_port: int, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env={
            **os.environ,
            "VAR_DIR": str(var),
            "PORT": str(port),
            "SANDBOX_PORT": str(sandbox_port),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refusal(var: Path, port: object, sandbox_port: object) -> str:
    with demo(var, port, sandbox_port) as command:  # type: ignore[arg-type]
        _, errors = command.communicate(timeout=60)
    assert command.returncode == 1
    assert "Traceback" not in errors
    return errors


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_in_use_gets_a_sentence_that_says_what_to_do(tmp_path: Path, taken: int) -> None:
    assert f"Port {taken} cannot be used" in refusal(tmp_path, taken, free())
    assert "make demo SANDBOX_PORT=" in refusal(tmp_path, free(), taken)
    assert not (tmp_path / "postgres").exists()


def test_a_port_that_is_none_gets_a_sentence(tmp_path: Path) -> None:
    assert "PORT must be a port between 1 and 65535; it is 'web'" in refusal(tmp_path, "web", free())


def test_one_port_for_both_gets_a_sentence(tmp_path: Path) -> None:
    port = free()
    assert f"PORT and SANDBOX_PORT are both {port}" in refusal(tmp_path, port, port)


def start(var: Path) -> tuple["subprocess.Popen[str]", dict[str, str]]:
    """A demo that has said its addresses, and what it said."""
    command = demo(var, free(), free())
    said = ""
    assert command.stdout
    for line in command.stdout:
        said += line
        if "Ctrl-C" in line:
            break
    assert "Ctrl-C" in said, said + (command.stderr.read() if command.stderr else "")
    found = dict(re.findall(r"^(SCRM|Sandbox) +(http://\S+)$", said, re.MULTILINE))
    logins = re.findall(r"^  (\S+) +(\S+)  ", said, re.MULTILINE)
    return command, {**found, "logins": str(len(logins)), "name": logins[0][0], "password": logins[0][1]}


def test_the_demo_lives_and_ctrl_c_stops_everything(tmp_path: Path) -> None:
    command, said = start(tmp_path)
    assert requests.get(f"{said['SCRM']}healthz", timeout=10).status_code == 200
    assert requests.get(f"{said['Sandbox']}sandbox/api/clock", timeout=10).status_code == 200
    console = requests.post(f"{said['Sandbox']}sandbox/api/corps/{CORPID}/callback", timeout=10).json()
    assert console["ok"]
    assert not console["url"].startswith(said["SCRM"])  # a process of its own
    assert requests.get(console["url"].replace("/wecom/", "/login/"), timeout=10).status_code == 404
    assert said["logins"] == "4"
    assert can_log_in(said)
    command.send_signal(signal.SIGINT)
    _, errors = command.communicate(timeout=180)
    assert (command.returncode, errors) == (0, "")
    assert processes_of(tmp_path) == []
    began = time.monotonic()
    again, said = start(tmp_path)
    assert time.monotonic() - began < 20
    again.kill()  # the hard way: children must not outlive it
    again.communicate()
    eventually(lambda: not processes_of(tmp_path))
    eventually(lambda: is_closed(said["SCRM"]) and is_closed(said["Sandbox"]))


def can_log_in(said: dict[str, str]) -> bool:
    with requests.Session() as browser:
        page = browser.get(f"{said['SCRM']}login/", timeout=10)
        token = browser.cookies["csrftoken"]
        assert page.status_code == 200
        form = {"username": said["name"], "password": said["password"], "csrfmiddlewaretoken": token}
        answer = browser.post(f"{said['SCRM']}login/", data=form, timeout=10, allow_redirects=False)
        return answer.status_code == 302 and "sessionid" in browser.cookies


def is_closed(url: str) -> bool:
    try:
        requests.get(url, timeout=2).close()
    except requests.ConnectionError:
        return True
    return False
