"""What monitoring asks: is it alive (`/healthz`), and how is it (`/metrics`)."""

import hmac
import ipaddress
import logging
from collections.abc import Iterator

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from campaigns.models import Batch, Delivery, Task
from wecom import clock
from wecom.models import EndpointWindow, InboxEvent, SyncRun

logger = logging.getLogger(__name__)
BOUND = 2  # seconds that one answer may take before the service counts as down


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 only if database and broker answer; the body names the one that does not."""
    state = {"database": _database_answers(), "broker": _broker_answers()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _database_answers() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [BOUND * 1000])
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.exception("the database does not answer")
        return False
    return True


def _broker_answers() -> bool:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BOUND, socket_connect_timeout=BOUND, retry=None
        ) as broker:
            return bool(broker.ping())
    except redis.RedisError:
        logger.exception("the broker does not answer")
        return False


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text form, for this machine or for the bearer of METRICS_TOKEN; for others it is not there."""
    if not (_bears_token(request) or _is_from_this_machine(request)):
        return HttpResponse(status=404)
    registry = CollectorRegistry()
    registry.register(Numbers())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _bears_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").encode()
    return bool(settings.METRICS_TOKEN) and hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())


def _is_from_this_machine(request: HttpRequest) -> bool:
    """A request that a proxy on this machine passed on comes from elsewhere."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class Numbers(Collector):
    """Read from the tables at each scrape: rows are the truth, and every web process tells the same."""

    def collect(self) -> Iterator[Metric]:
        yield from self._inbox()
        yield self._by_status("scrm_deliveries", "Deliveries by status", Delivery)
        yield self._by_status("scrm_batches", "Batches (mass-send tasks at WeCom) by status", Batch)
        yield self._by_status("scrm_tasks", "Tasks of staff by status", Task)
        yield from self._wecom()
        yield self._sync()

    def _inbox(self) -> Iterator[Metric]:
        events = GaugeMetricFamily("scrm_inbox_events", "Callbacks that are not finished", labels=["lane", "state"])
        waiting = InboxEvent.objects.filter(state__in=["pending", "working", "parked"])
        for lane, state, count in waiting.values_list("lane", "state").annotate(Count("pk")).order_by():
            events.add_metric([lane, state], count)
        yield events
        oldest = waiting.exclude(state="parked").aggregate(at=Min("received_at"))["at"]
        lag = (clock.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("scrm_inbox_lag_seconds", "Age of the oldest unhandled callback", value=max(lag, 0))

    def _by_status(self, name: str, text: str, model: type[Delivery] | type[Batch] | type[Task]) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["corp", "status"])
        rows = model.objects.values_list("corp__corpid", "status").annotate(Count("pk")).order_by()
        for corpid, status, count in rows:
            family.add_metric([corpid, status], count)
        return family

    def _wecom(self) -> Iterator[Metric]:
        calls = GaugeMetricFamily("scrm_wecom_calls", "Calls of WeCom's API so far", labels=["corp", "endpoint"])
        errors = GaugeMetricFamily("scrm_wecom_errors", "Refusals so far", labels=["corp", "endpoint", "errcode"])
        rows = EndpointWindow.objects.values_list("corp__corpid", "endpoint", "calls", "errors_by_code")
        for corpid, endpoint, count, by_code in rows:
            calls.add_metric([corpid, endpoint], count)
            for code, times in by_code.items():
                errors.add_metric([corpid, endpoint, str(code)], times)
        resting = EndpointWindow.objects.filter(resting_until__gt=clock.now()).count()
        yield from (calls, errors)
        yield GaugeMetricFamily("scrm_wecom_endpoints_resting", "Endpoints that rest after 45009", value=resting)

    def _sync(self) -> Metric:
        family = GaugeMetricFamily("scrm_sync_runs", "Sync runs by status", labels=["corp", "status"])
        rows = SyncRun.objects.values_list("corp__corpid", "status").annotate(Count("pk")).order_by()
        for corpid, status, count in rows:
            family.add_metric([corpid, status], count)
        return family
