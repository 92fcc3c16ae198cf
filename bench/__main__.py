"""``make bench``: a table, and JSON with ``--json FILE``. Runs on servers of its own, started fresh."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import django
from django.core.management import call_command

from bench.measure import Result

NAMES = ("advance", "upsert", "callbacks", "flood", "quota", "first_sync")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(NAMES)}; all by default")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return measure(options) if options.inside else send_inside()


def send_inside() -> int:
    """Run again in a process whose settings point to a fresh folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as var:
        os.chmod(var, 0o755)  # PostgreSQL runs as nobody where we are root
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        environment |= {"VAR_DIR": var, "DJANGO_SETTINGS_MODULE": "scrm.settings", "LOG_LEVEL": "WARNING"}
        command = [sys.executable, "-m", "bench", *sys.argv[1:], "--inside", var]
        return subprocess.run(command, env=environment).returncode


def measure(options: argparse.Namespace) -> int:
    django.setup()
    call_command("migrate", verbosity=0)
    results: list[Result] = []
    for name in options.names or NAMES:
        found = import_module(f"bench.{name}").run()
        results += found if isinstance(found, list) else [found]
    print(f"{'benchmark':<44} {'product/s':>12} {'bare/s':>12} {'ratio':>7} {'target':>7}")
    for result in results:
        flag = "" if result.met else "  MISSED"
        print(
            f"{result.name:<44} {result.product:>12,.0f} {result.bare:>12,.0f} {result.ratio:>7.2f} "
            f"{result.target:>7.2f}{flag}"
        )
    if options.json:
        Path(options.json).write_text(json.dumps([result.as_json() for result in results], indent=1))
    return 0 if all(result.met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
