"""Fill a corp with people who do not exist, for benchmarks."""

import time
from dataclasses import asdict
from typing import Any

from wecom.sandbox import crowd
from wecom.sandbox.control.inputs import BadInput
from wecom.sandbox.control.routes import Control, route

MOST = {"customers": 2_000_000, "staff": 20_000, "groups": 50_000}


@route("POST", "corps/<corpid>/crowd")
def fill(control: Control, corpid: str) -> dict[str, Any]:
    """``{"customers", "staff", "groups"}``; answers when everybody is there (a million takes a minute or two)."""
    default = crowd.Size()
    numbers = {name: control.inputs.integer(name, getattr(default, name), most=most) for name, most in MOST.items()}
    control.inputs.finish()
    size = crowd.Size(**{name: number or 0 for name, number in numbers.items()})
    if size.customers and not size.staff:
        raise BadInput("staff must be at least 1: somebody has to know the customers.")
    with control.world.store.reading() as db:
        corp = control.corp(db, corpid)
    started = time.monotonic()
    crowd.fill(control.world.store, control.world.clock, corp, size)
    return {**asdict(size), "seconds": round(time.monotonic() - started, 1)}
