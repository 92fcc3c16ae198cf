"""What monitoring asks: is it alive (`/healthz`), and how is it (`/metrics`)."""

import hmac
import ipaddress
import logging

import redis
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from scrm.metrics import Numbers

logger = logging.getLogger(__name__)
BOUND = 2  # seconds that one answer may take before the service counts as down


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 only if database and broker answer; the body names the one that does not."""
    state = {"database": database_answers(), "broker": _broker_answers()}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def database_answers() -> bool:
    """Asked in front of Django's middleware, too, where nobody else puts a broken connection away."""
    if not connection.in_atomic_block:
        close_old_connections()
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
