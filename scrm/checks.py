"""System checks: a wrong setting stops `manage.py check`, not the first customer."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

NEW_KEY = (
    "python -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())' makes one."
)
Check = Callable[..., list[CheckMessage]]


def checked(*tags: str, **options: Any) -> Callable[[Callable[[], Iterator[CheckMessage]]], Check]:
    """Register a generator of messages as a system check."""

    def decorate(function: Callable[[], Iterator[CheckMessage]]) -> Check:
        def run(app_configs: object, **kwargs: object) -> list[CheckMessage]:
            return list(function())

        return register(run, *tags, **options)

    return decorate


@checked(Tags.security)
def secrets_are_set() -> Iterator[CheckMessage]:
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured:
        hint = "python -c 'import secrets; print(secrets.token_urlsafe(48))' makes one."
        yield Error("SECRET_KEY is not set.", hint=hint, id="scrm.E001")
    if not settings.ENCRYPTION_KEYS:
        yield Error(
            "ENCRYPTION_KEYS is not set: WeCom's secrets cannot be stored.",
            hint=f"{NEW_KEY} Newest first, old ones behind it.",
            id="scrm.E002",
        )
    for position, key in enumerate(settings.ENCRYPTION_KEYS, start=1):
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                f"ENCRYPTION_KEYS: key {position} is not 32 bytes in URL-safe base64.", hint=NEW_KEY, id="scrm.E003"
            )


@checked(Tags.urls)
def addresses_make_sense() -> Iterator[CheckMessage]:
    base = urlsplit(settings.WECOM_API_BASE_URL)
    if base.scheme not in {"http", "https"} or not base.hostname:
        yield Error(
            f"WECOM_API_BASE_URL is no address: {settings.WECOM_API_BASE_URL!r}.",
            hint="https://qyapi.weixin.qq.com, or http://127.0.0.1:8010 for the sandbox.",
            id="scrm.E004",
        )
    elif base.path.rstrip("/") or base.query:
        yield Error(
            f"WECOM_API_BASE_URL holds more than a host: {settings.WECOM_API_BASE_URL!r}.",
            hint="Leave out /cgi-bin and everything behind the host.",
            id="scrm.E005",
        )
    elif base.scheme == "http" and not settings.SANDBOX:
        yield Error(
            "WECOM_API_BASE_URL is plain http: the corp's secret would travel readably.",
            hint="Use https; http is for a sandbox on this machine.",
            id="scrm.E006",
        )
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if "://" not in origin:
            yield Error(
                f"CSRF_TRUSTED_ORIGINS: {origin!r} has no scheme.", hint=f"Write https://{origin}.", id="scrm.E007"
            )


@checked(Tags.compatibility)
def callbacks_exist() -> Iterator[CheckMessage]:
    for event, names in settings.WECOM_CALLBACKS.items():
        for name in names:
            try:
                import_string(name)
            except ImportError as error:
                yield Error(f"WECOM_CALLBACKS[{event!r}]: {error}", hint="Name a function.", id="scrm.E008")


@checked(Tags.security, deploy=True)
def production_is_closed() -> Iterator[CheckMessage]:
    if settings.EMBEDDED:
        yield Caution(
            f"Our own servers are in use: {', '.join(settings.EMBEDDED)}.",
            hint="Production needs DATABASE_URL and REDIS_URL; docker-compose.yml has both.",
            id="scrm.W001",
        )
    if not settings.HTTPS:
        yield Caution("HTTPS is off: passwords travel readably.", hint="Leave HTTPS unset.", id="scrm.W002")
    if "*" in settings.ALLOWED_HOSTS:
        yield Caution("ALLOWED_HOSTS allows every host.", hint="Name the public host.", id="scrm.W003")
    if not settings.METRICS_TOKEN:
        yield Caution(
            "METRICS_TOKEN is not set: /metrics answers only requests from this machine.",
            hint="Set it, and give it to Prometheus as its bearer token.",
            id="scrm.W004",
        )
