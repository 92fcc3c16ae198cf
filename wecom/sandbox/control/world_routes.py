"""The clock, the faults, the simulated people, the queue of callbacks."""

from datetime import datetime
from typing import Any

from wecom.sandbox.clock import CORP_ZONE
from wecom.sandbox.control.inputs import BadInput, Inputs
from wecom.sandbox.control.routes import Control, route
from wecom.sandbox.faults import NAMES, PHASES, Fault
from wecom.sandbox.habits import Habits

FURTHEST = 400 * 86400


@route("GET", "clock")
def get_clock(control: Control) -> dict[str, Any]:
    return control.world.clock.describe()


@route("POST", "clock")
def set_clock(control: Control) -> dict[str, Any]:
    """``{"advance": seconds}`` or ``{"set": ISO time}``; simulated people live through what is skipped."""
    inputs = control.inputs
    if ("advance" in inputs) == ("set" in inputs):
        raise BadInput("Give either advance (seconds) or set (an ISO time).")
    if "advance" in inputs:
        target = control.now + (inputs.number("advance", most=FURTHEST) or 0)
    else:
        target = _moment(inputs.text("set"))
    inputs.finish()
    control.world.people.turn_clock(target)
    return control.world.clock.describe()


def _moment(text: str) -> float:
    """An ISO time; without an offset it is meant in the corps' time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("set must be an ISO time like 2026-03-01T10:00:00+08:00.")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=CORP_ZONE)
    if not 2015 <= moment.year <= 2100:
        raise BadInput("set must lie between 2015 and 2100.")
    return moment.timestamp()


@route("GET", "faults")
def get_faults(control: Control) -> dict[str, Any]:
    return control.world.faults.describe()


@route("POST", "faults")
def set_faults(control: Control) -> dict[str, Any]:
    """``{name: {"rate", "count", "endpoints", "hold", "when"}}``; what is not named stays as it is."""
    faults = {}
    for name in control.inputs.names():
        if name not in NAMES:
            raise BadInput(f"{name} is no fault; there are {', '.join(NAMES)}.")
        faults[name] = _fault(control.inputs.inner(name))
    control.world.faults.switch(faults)
    return control.world.faults.describe()


def _fault(inputs: Inputs) -> Fault:
    rate, hold = inputs.number("rate", 1.0, most=1), inputs.number("hold", 12.0, most=600)
    fault = Fault(
        rate=1.0 if rate is None else rate,
        count=inputs.integer("count"),
        endpoints=[path.removeprefix("/").removeprefix("cgi-bin/") for path in inputs.texts("endpoints")],
        hold=12.0 if hold is None else hold,
        when=inputs.choice("when", PHASES, "both"),
    )
    inputs.finish()
    return fault


@route("DELETE", "faults")
def clear_faults(control: Control) -> dict[str, Any]:
    """All off; frequency limits that were reached are forgiven, too."""
    control.world.faults.clear()
    control.world.limits.reset()
    return {}


@route("GET", "people")
def get_people(control: Control) -> dict[str, Any]:
    return control.world.people.describe()


@route("POST", "people")
def set_people(control: Control) -> dict[str, Any]:
    """``{"running": bool}`` and any habit (see ``wecom.sandbox.habits.Habits``)."""
    inputs = control.inputs
    old = control.world.people.habits
    changes = {name: inputs.number(name, getattr(old, name), most=most) for name, most in Habits.limits().items()}
    habits = Habits(**{name: value for name, value in changes.items() if value is not None})
    running = inputs.flag("running", control.world.people.running)
    inputs.finish()
    control.world.people.change(habits, running=running)
    return control.world.people.describe()


@route("POST", "tasks/run")
def run_tasks(control: Control) -> dict[str, Any]:
    """Delivers all waiting callbacks now, retries included, and says what became of them."""
    control.inputs.finish()
    return dict(control.world.postman.flush())
