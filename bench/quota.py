"""How much of WeCom's hourly limit a backlog gets out of it, in an hour of virtual time: our limiter, statement by
statement in PostgreSQL, against the sandbox's limits. One 45009 and the benchmark fails."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.utils import timezone

from bench.measure import Result
from wecom import clock, limits
from wecom.errors import WeComError
from wecom.models import Corp, EndpointWindow
from wecom.sandbox import preset
from wecom.sandbox.limits import Caller, Limits
from wecom.sandbox.store import Store

ENDPOINT = "externalcontact/get"
HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
# From a full bucket, so that the burst lies in the minute before, and the hour lives on what is earned in it.
BEGIN = HOUR - timedelta(minutes=1)
NAP = timedelta(seconds=1)  # a refused worker looks again a second after the moment that it was told


def run() -> Result:
    corp = Corp.objects.create(corpid="wwbench0000000002", name="Quota", agentid=1, api_base_url="http://127.0.0.1:9")
    with tempfile.TemporaryDirectory() as folder:
        used = simulate(corp, Limits(Store(Path(folder) / "sandbox.sqlite3")))
    EndpointWindow.objects.filter(corp=corp).delete()
    return Result("quota: calls in an hour ÷ WeCom's limit", "calls an hour", used, limits.HOUR.calls, target=0.97)


def simulate(corp: Corp, wecom: Limits) -> int:
    """Calls that were made within the hour. Raises the sandbox's ApiError for the first one too many."""
    caller = Caller(preset.CORP, preset.CORP.apps[0], "127.0.0.1")
    moment, used = BEGIN, 0
    while moment < HOUR + limits.HOUR.window:
        pause = take(corp, moment)
        if pause is not None:
            moment = pause + NAP
            continue
        wecom.count(caller, ENDPOINT, moment.timestamp())
        used += moment >= HOUR
    return used


def take(corp: Corp, moment: datetime) -> datetime | None:
    """None for a call that may be made at `moment`, otherwise when to ask again."""
    token = clock._override.set(moment - timezone.now())
    try:
        limits.take(corp, ENDPOINT)
    except WeComError as refusal:
        return refusal.retry_at
    finally:
        clock._override.reset(token)
    return None
