"""Real PostgreSQL and Valkey, no network but loopback, warnings are errors, and a fixed cast."""

import fcntl
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _own_folder() -> Path:
    """A VAR_DIR that no other test run uses now; kept between runs, for making a cluster takes time."""
    base = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute() / "test"
    base.mkdir(parents=True, exist_ok=True)
    handle = os.open(base / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held until this process ends
    except BlockingIOError:
        return Path(tempfile.mkdtemp(prefix="scrm-test-"))
    return base


# Before Django reads its settings, which pytest-django does while it loads plugins' options after this file.
for _name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "DEBUG", "ALLOWED_HOSTS", "HTTPS"):
    os.environ.pop(_name, None)
os.environ.update(VAR_DIR=str(_own_folder()), EMBEDDED_FSYNC="off", DJANGO_ALLOW_ASYNC_UNSAFE="1")
