"""``python -m wecom.sandbox``: runs the pretend WeCom."""

import argparse
import logging
import signal
import sqlite3
import sys
from dataclasses import replace
from types import FrameType

from wecom.sandbox import crowd, preset
from wecom.sandbox.relations import Impossible
from wecom.sandbox.server import Server
from wecom.sandbox.world import World


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m wecom.sandbox", description="A pretend WeCom.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--data", required=True, help="SQLite file; kept between runs")
    parser.add_argument("--seed", type=int, default=1, help="only for a new data file")
    parser.add_argument(
        "--preset", choices=("demo", "big", "empty"), default="demo", help="a shop, a chain of shops, or no corp"
    )
    parser.add_argument("--customers", type=int, help="default: 300 for demo, 1,000,000 for big")
    parser.add_argument("--staff", type=int, help="default: 12 for demo, 2,000 for big")
    parser.add_argument("--groups", type=int, help="only for big; default: 5,000")
    parser.add_argument("--callback-base", default="", help="the product's URL; callbacks of the preset go there")
    parser.add_argument(
        "--public-url", default="", help="where phones reach the sandbox; default: as the API is called"
    )
    parser.add_argument("--people", action="store_true", help="simulated people come, go and confirm")
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    options = arguments(argv)
    logging.basicConfig(level=logging.WARNING, format="sandbox: %(message)s")
    try:
        server = Server(
            options.data, host=options.host, port=options.port, seed=options.seed, public_url=options.public_url
        )
    except OSError as error:
        print(
            f"sandbox: port {options.port} cannot be used: {error.strerror}. Choose another with --port.",
            file=sys.stderr,
        )
        return 1
    except sqlite3.DatabaseError as error:
        print(
            f"sandbox: {options.data} cannot be used: {error}. Move it away, or choose another with --data.",
            file=sys.stderr,
        )
        return 1
    try:
        _build(server.world, options)
    except Impossible as error:
        print(f"sandbox: {error} Choose another file with --data.", file=sys.stderr)
        return 1
    if options.people:
        people = server.world.people
        people.change(replace(people.habits), running=True)
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"sandbox: {server.url}", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        server.close()
    return 0


def _build(world: World, options: argparse.Namespace) -> None:
    """Makes the corp that --preset names."""
    wanted = {name: getattr(options, name) for name in ("customers", "staff", "groups")}
    given = {name: number for name, number in wanted.items() if number is not None}
    if options.preset == "demo":
        given.pop("groups", None)
        preset.build(world, size=preset.Size(**given), callback_base=options.callback_base)
    elif options.preset == "big":
        corp, _ = preset.open_shop(world, options.callback_base)
        crowd.fill(world.store, world.clock, corp, crowd.Size(**given), _tell)


def _tell(customers: int) -> None:
    print(f"sandbox: {customers:,} customers", file=sys.stderr)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
