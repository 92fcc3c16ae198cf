"""Each test starts real commands in processes of their own, for sharing between processes is what is tested."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from scrm import embedded

ROOT = Path(__file__).resolve().parents[2]
USE = """
import sys
from pathlib import Path
from scrm import embedded
embedded.acquire(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
"""
IS_ROOT = os.geteuid() == 0
NOBODY = embedded.NOBODY
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def nobody_can_run_python() -> bool:
    """False also where the way to this interpreter (a clone under /root, say) is closed to other users."""
    return IS_ROOT and subprocess.run([*AS_NOBODY, sys.executable, "-c", ""], check=False).returncode == 0


@pytest.fixture
def var() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="scrm-embedded-"))
    folder.chmod(0o755)
    yield folder
    embedded.release(folder)
    eventually(lambda: not processes_of(folder))
    shutil.rmtree(folder)


def start(var: Path, prefix: tuple[str, ...] = (), fsync: str = "off") -> "subprocess.Popen[str]":
    """A command that uses the servers until a line comes in."""
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", USE, str(var)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "EMBEDDED_FSYNC": fsync},
    )


def ready(command: "subprocess.Popen[str]") -> None:
    assert command.stdout
    assert command.stdout.readline() == "ready\n", command.communicate()[1]


def finish(*commands: "subprocess.Popen[str]") -> None:
    for command in commands:
        _, errors = command.communicate("\n", timeout=30)
        assert (command.returncode, errors) == (0, "")


def processes_of(var: Path) -> list[int]:
    """Living servers and watchers of a folder; other commands' processes may end while we look."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
        except OSError:
            continue
        if os.fsencode(var) in words and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def ask(var: Path, sql: str) -> object:
    folder = embedded.socket_folder(var)
    connection = psycopg2.connect(host=str(folder), port=embedded.PORT, user="scrm", dbname="scrm")
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
    connection.close()
    return row[0] if row else None


def servers_answer(var: Path) -> tuple[bool, bool]:
    return embedded.SERVERS["postgres"].answers(var), embedded.SERVERS["valkey"].answers(var)


def test_two_commands_at_once_share_the_servers_and_the_last_one_stops_them(var: Path) -> None:
    first, second, third = start(var), start(var), start(var)
    for command in (first, second, third):
        ready(command)
    finish(first, third)
    assert servers_answer(var) == (True, True)
    finish(second)
    assert servers_answer(var) == (False, False)


def test_a_killed_command_leaves_no_server_behind(var: Path) -> None:
    command = start(var)
    ready(command)
    command.kill()
    command.communicate()
    eventually(lambda: not processes_of(var))
    assert not (var / "postgres/postmaster.pid").exists()


def test_a_killed_command_does_not_take_the_servers_from_another(var: Path) -> None:
    first, second = start(var), start(var)
    ready(first)
    ready(second)
    first.kill()
    first.communicate()
    time.sleep(0.5)
    assert servers_answer(var) == (True, True)
    finish(second)


def test_after_a_power_cut_the_servers_come_back_with_the_data(var: Path) -> None:
    command = start(var, fsync="on")
    ready(command)
    ask(var, "CREATE TABLE kept AS SELECT 42 AS answer; SELECT 1")
    for pid in processes_of(var):  # servers, watcher and the command itself
        os.kill(pid, signal.SIGKILL)
    command.communicate()
    # The number that the dead server left is in use again, by somebody else: us.
    lines = (var / "postgres/postmaster.pid").read_text().splitlines(keepends=True)
    (var / "postgres/postmaster.pid").write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
    eventually(lambda: not [pid for pid in processes_of(var) if pid != command.pid])
    again = start(var)
    ready(again)
    assert ask(var, "SELECT answer FROM kept") == 42
    finish(again)


def test_a_server_that_dies_under_a_command_is_started_again(var: Path) -> None:
    command = start(var)
    ready(command)
    pid = int((var / "postgres/postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not servers_answer(var)[0])
    embedded.acquire(var)
    assert servers_answer(var) == (True, True)
    finish(command)
    embedded.release(var)
    assert servers_answer(var) == (False, False)


def test_restarting_postgres_breaks_connections_and_comes_back(var: Path) -> None:
    embedded.acquire(var)
    connection = psycopg2.connect(
        host=str(embedded.socket_folder(var)), port=embedded.PORT, user="scrm", dbname="scrm"
    )
    embedded.restart_postgres(var)
    with pytest.raises(psycopg2.DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()
    assert ask(var, "SELECT 1") == 1
    embedded.release(var)


def test_text_is_utf8_and_nothing_listens_on_a_port(var: Path) -> None:
    embedded.acquire(var)
    assert ask(var, "SHOW server_encoding") == "UTF8"
    assert ask(var, "SELECT upper('é客户')") == "É客户"
    assert ask(var, "SHOW listen_addresses") == ""
    assert str(ask(var, "SHOW server_version")).startswith("18.")
    assert embedded.socket_folder(var).stat().st_mode & 0o777 == 0o700
    embedded.release(var)


def test_a_long_path_gets_its_sockets_elsewhere(var: Path) -> None:
    deep = var / ("long" * 30)
    embedded.acquire(deep)
    assert servers_answer(deep) == (True, True)
    assert embedded.socket_folder(deep).parent == Path(tempfile.gettempdir())
    embedded.release(deep)
    shutil.rmtree(embedded.socket_folder(deep))


@pytest.mark.skipif(not nobody_can_run_python(), reason="another user cannot run this Python")
def test_an_ordinary_user_runs_them_too(var: Path) -> None:
    shutil.chown(var, NOBODY, NOBODY)
    command = start(var, AS_NOBODY)
    ready(command)
    assert servers_answer(var) == (True, True)
    finish(command)


@pytest.mark.skipif(not IS_ROOT, reason="only root is refused by PostgreSQL")
def test_root_runs_them_as_nobody_even_where_nobody_may_not_go(var: Path) -> None:
    closed = var / "closed"
    closed.mkdir(mode=0o700)
    embedded.acquire(closed / "var")
    assert (closed / "var/postgres").stat().st_uid == NOBODY
    assert servers_answer(closed / "var") == (True, True)
    embedded.release(closed / "var")


def manage(var: Path, *words: str, prefix: tuple[str, ...] = ()) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*prefix, sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(var)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_data_of_another_major_version_gets_a_sentence(var: Path) -> None:
    (var / "postgres").mkdir()
    (var / "postgres/PG_VERSION").write_text("17\n")
    answer = manage(var, "migrate")
    assert answer.returncode == 1
    assert "was made by PostgreSQL 17 and this is 18: move" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.skipif(not nobody_can_run_python(), reason="another user cannot run this Python")
def test_a_folder_that_cannot_be_written_gets_a_sentence(var: Path) -> None:
    closed = var / "closed"
    closed.mkdir(mode=0o700)
    answer = manage(closed / "var", "migrate", prefix=AS_NOBODY)
    assert answer.returncode == 1
    assert "set VAR_DIR" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("words", [("help",), ("check",), ("makemigrations", "--help")])
def test_commands_without_data_start_no_server(var: Path, words: tuple[str, ...]) -> None:
    assert manage(var, *words).returncode == 0
    assert not (var / "postgres").exists()
