"""The demo's shop, and the command that runs it."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from tests.sandbox.actors import Corp
from wecom.sandbox import preset

ROOT = Path(__file__).resolve().parents[2]


def start(tmp_path: Path, *more: str) -> tuple[subprocess.Popen[str], Corp, float]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "wecom.sandbox", "--port", str(port), "--data", str(tmp_path / "s.sqlite3"), *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == f"sandbox: http://127.0.0.1:{port}\n"
    seconds = time.monotonic() - started
    corp = Corp(f"http://127.0.0.1:{port}", preset.CORPID, preset.APP.secret, urllib3.PoolManager())
    return process, corp, seconds


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> int:
    process.send_signal(how)
    process.stdout.close()
    return process.wait(timeout=10)


def test_a_shop_with_12_staff_300_customers_and_a_past(tmp_path: Path) -> None:
    process, shop, seconds = start(tmp_path, "--callback-base", "http://127.0.0.1:9")
    assert seconds < 3  # aimed at one second; this machine may be busy
    assert len(shop.get("department/list")["department"]) == 4
    assert len(shop.get("externalcontact/get_follow_user_list")["follow_user"]) == 12
    assert len(shop.look("customers?limit=1000")["customers"]) == 300
    assert len(shop.post("externalcontact/get_corp_tag_list", {})["tag_group"]) == 3
    follows = shop.look("record")["follows"]
    states = {state: sum(row["state"] == state for row in follows) for state in ("friend", "half", "lost", "dropped")}
    assert all(states.values())
    assert states["friend"] > 300
    days = {row["createtime"] // 86400 for row in follows}
    assert len(days) > 60
    assert shop.see("corps")["corps"][0]["callback_url"] == f"http://127.0.0.1:9/wecom/callback/{preset.CORPID}/"
    assert stop(process) == 0


def test_everything_survives_a_restart_even_a_hard_one(tmp_path: Path) -> None:
    process, shop, _ = start(tmp_path, "--seed", "5", "--customers", "10")
    customer = shop.add("chenjing")
    msgid = shop.mass(customer, sender="chenjing")["msgid"]
    shop.control("clock", advance=86400)
    shop.control("faults", **{"rate-limit": {"rate": 0.5, "endpoints": ["getcallbackip"]}})
    shop.control("people", running=False, arrivals_per_day=3)
    before = (shop.look("record"), shop.see("faults"), shop.see("people"), shop.see("clock")["offset"])
    stop(process, signal.SIGKILL)
    process, shop, _ = start(tmp_path)
    assert (shop.look("record"), shop.see("faults"), shop.see("people"), shop.see("clock")["offset"]) == before
    shop.confirm(msgid, "chenjing")
    assert [message["external_userid"] for message in shop.messages()] == [customer]
    stop(process)


def test_callbacks_that_wait_are_delivered_after_a_restart(tmp_path: Path) -> None:
    process, shop, _ = start(tmp_path, "--customers", "1", "--callback-base", "http://127.0.0.1:9")
    shop.change(callback_retry=60)
    shop.add("chenjing")
    stop(process, signal.SIGKILL)
    process, shop, _ = start(tmp_path)
    entry = shop.look("callbacks")["callbacks"][0]
    assert entry["state"] == "pending"
    shop.control("tasks/run")
    assert shop.look("callbacks")["callbacks"][0]["state"] == "failed"
    stop(process)


def test_a_port_in_use_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "wecom.sandbox", "--port", port, "--data", str(tmp_path / "s.sqlite3")],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"port {port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"this is no database, and long enough to be taken for one", None])
def test_data_that_is_no_sandboxs_is_said_in_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    data = tmp_path / "s.sqlite3"
    data.mkdir() if content is None else data.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "wecom.sandbox", "--port", "0", "--data", str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{data} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_any_number_of_customers_and_staff(tmp_path: Path) -> None:
    process, shop, _ = start(tmp_path, "--customers", "2000", "--staff", "30")
    assert len(shop.look("customers?limit=10000")["customers"]) == 2000
    assert len(shop.get("externalcontact/get_follow_user_list")["follow_user"]) == 30
    assert json.loads(json.dumps(shop.look("staff")))["staff"][29]["userid"] == "staff30"
    stop(process)
