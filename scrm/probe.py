"""The containers' health check, without curl: `python -m scrm.probe [beat]` ends with 0 when all is well."""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ADDRESS = "http://127.0.0.1:8000/healthz"
BEAT_SILENCE = 300  # seconds without a written schedule, which beat does every three minutes


def web() -> bool:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").replace(",", " ").split()[0].lstrip(".")
    request = urllib.request.Request(ADDRESS, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:  # noqa: S310  the address is a constant
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def beat() -> bool:
    written = [path.stat().st_mtime for path in Path(os.environ["VAR_DIR"]).glob("celerybeat-schedule*")]
    return bool(written) and time.time() - max(written) < BEAT_SILENCE


if __name__ == "__main__":
    sys.exit(0 if (beat if sys.argv[1:] == ["beat"] else web)() else 1)
