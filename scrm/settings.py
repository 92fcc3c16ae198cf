"""The one settings file. Everything that differs between installations comes from the environment (`.env.example`).

With neither `DATABASE_URL` nor `REDIS_URL` set, PostgreSQL and Valkey of our own run under `VAR_DIR`
(`scrm/embedded.py`); they start with the first connection, so `help` and `collectstatic` need neither.
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from celery.schedules import crontab
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from scrm import embedded, env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).absolute()

# Our own servers mean an installation for this machine only: its keys are made on first use and kept in `VAR_DIR`,
# it speaks plain HTTP, and static files are served from where they lie. Production sets `DATABASE_URL`.
DATABASE_URL = env.text("DATABASE_URL")
LOCAL = not DATABASE_URL
REDIS_URL = env.text("REDIS_URL") or f"unix://{quote(str(embedded.valkey_socket(VAR_DIR)))}?db=0"
EMBEDDED = [name for name, url in (("postgres", "DATABASE_URL"), ("valkey", "REDIS_URL")) if not env.text(url)]

# ---- safety ---------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or (env.kept(VAR_DIR / "secret_key") if LOCAL else "")
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS") or ([env.kept(VAR_DIR / "encryption_key")] if LOCAL else [])
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or (["localhost", "127.0.0.1", "[::1]"] if LOCAL else [])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
METRICS_TOKEN = env.text("METRICS_TOKEN")

HTTPS = env.flag("HTTPS", default=not LOCAL)  # off in production only for a trial without TLS; check --deploy warns
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked by container and monitoring from within
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY") else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000  # the admin's change list sends one field per ticked row

AVATARS = ["https://wx.qlogo.cn", "https://thirdwx.qlogo.cn", "https://wework.qpic.cn", "https://p.qpic.cn"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", *AVATARS],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "media-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---- applications ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "scrm",
    "campaigns",
    "groups",
    "customers",
    "tags",
    "content",
    "staff",
    "wecom",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "scrm.static.StaticFiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.forms",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "scrm.csp.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "staff.middleware.CorpMiddleware",
    "staff.middleware.WrongStateMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "scrm.urls"
WSGI_APPLICATION = "scrm.wsgi.application"
FORM_RENDERER = "scrm.forms.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# ---- people ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "staff.backends.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
SETUP_URL = "setup"  # where the first admin goes on
LOGOUT_REDIRECT_URL = "login"
UNFOLD = {
    "SITE_TITLE": "SCRM",
    "SITE_HEADER": "SCRM",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}],
}
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "staff.origin.client_ip"
AXES_LOCKOUT_CALLABLE = "staff.throttle.locked"

# ---- data -----------------------------------------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database(DATABASE_URL) if DATABASE_URL else embedded.database(VAR_DIR)
}
DATABASES["default"] |= {
    "ENGINE": "django.db.backends.postgresql" if DATABASE_URL else "scrm.embedded_postgresql",
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": env.flag("PGBOUNCER"),
    "OPTIONS": {"connect_timeout": 5, "tcp_user_timeout": 10_000, **DATABASES["default"].get("OPTIONS", {})},
}

# ---- language, time, files ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "scrm.formats"
USE_THOUSAND_SEPARATOR = False  # or ids in pages are grouped too; `grouped` asks for it where people read
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("tabler", BASE_DIR / "node_modules/@tabler/core/dist"),
    ("htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("echarts", BASE_DIR / "node_modules/echarts/dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if LOCAL else "scrm.static.ManifestStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = LOCAL

# ---- REST -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "scrm.api.authentication.StaffTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scrm.api.strict.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "scrm.api.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "scrm.api.errors.handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "SCRM",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "MaterialKind": "content.models.MaterialKind",
        "TaskKind": "campaigns.models.TaskKind",
        "CampaignKind": "campaigns.models.Kind",
        "CampaignStatus": "campaigns.models.CampaignStatus",
        "DeliveryStatus": "campaigns.models.DeliveryStatus",
        "FollowStatus": "customers.models.FollowStatus",
        "TaskStatus": "campaigns.models.TaskStatus",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# ---- work: a Celery message is a hint to look at a table; losing or doubling one changes nothing -------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = {name: {"exchange": name, "routing_key": name} for name in ("urgent", "default", "bulk")}
CELERY_TASK_ROUTES = {"scrm.tasks.*": {"queue": "bulk"}}
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 25 * 60, 30 * 60
CELERY_TASK_PUBLISH_RETRY = False  # a request never waits for a dead broker: the sweep finds the row
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
BROKER_TIMEOUTS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 3600}  # seconds
PUBLISH_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_BROKER_TRANSPORT_OPTIONS = BROKER_TIMEOUTS | PUBLISH_ONCE
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
SWEEP = {"queue": "urgent", "expires": 4}  # seconds: a sweep that waited for the next one is of no use
CELERY_BEAT_SCHEDULE = {
    "clock": {"task": "wecom.tasks.pull_clock", "schedule": 2.0, "options": SWEEP},
    "inbox": {"task": "wecom.tasks.process_inbox", "schedule": 2.0, "options": SWEEP},
    "engine": {"task": "campaigns.tasks.turn", "schedule": 2.0, "options": {"queue": "default", "expires": 4}},
    "customers": {"task": "customers.tasks.sweep", "schedule": 30.0, "options": {"queue": "bulk", "expires": 25}},
    "retention": {"task": "wecom.tasks.purge", "schedule": 600.0, "options": {"queue": "bulk", "expires": 500}},
    "dead syncs": {"task": "scrm.tasks.resume_syncs", "schedule": 60.0, "options": {"queue": "bulk", "expires": 50}},
    "nightly sync": {"task": "scrm.tasks.nightly_sync", "schedule": crontab(hour="3", minute="17")},
}

# ---- WeCom ----------------------------------------------------------------------------------------------------------
WECOM_API_BASE_URL = env.text("WECOM_API_BASE_URL", "https://qyapi.weixin.qq.com")
WECOM_TIMEOUT = (env.seconds("WECOM_CONNECT_TIMEOUT", 3), env.seconds("WECOM_READ_TIMEOUT", 8))  # seconds
WECOM_BACKOFF = env.seconds("WECOM_BACKOFF", 0.2)  # at most, before a call is repeated for the first time
# What is kept: handled and parked callbacks, hours of the API journal (days), error replies of each corp (rows).
INBOX_DAYS, INBOX_PARKED_DAYS = env.count("INBOX_DAYS", 30), env.count("INBOX_PARKED_DAYS", 90)
JOURNAL_DAYS, JOURNAL_REPLIES = env.count("JOURNAL_DAYS", 30), env.count("JOURNAL_REPLIES", 500)
SYNC_READERS = env.whole("SYNC_READERS", 4, most=10)  # calls of one sync at the same time (contract §2)
SITE_URL = env.text("SITE_URL").rstrip("/")  # as staff's phones reach us; unset: messages to them carry no link
STAFF_LANGUAGE = env.text("STAFF_LANGUAGE", "zh-hans")  # of the messages to staff
WECOM_CALLBACKS = {
    "change_external_contact.add_external_contact": ["customers.callbacks.contact_added"],
    "change_external_contact.add_half_external_contact": ["customers.callbacks.half_added"],
    "change_external_contact.edit_external_contact": ["customers.callbacks.contact_edited"],
    "change_external_contact.del_external_contact": ["customers.callbacks.contact_dropped"],
    "change_external_contact.del_follow_user": ["customers.callbacks.contact_lost"],
    "change_external_contact.transfer_fail": ["customers.callbacks.transfer_failed"],
    "change_external_tag.create": ["tags.callbacks.changed"],
    "change_external_tag.update": ["tags.callbacks.changed"],
    "change_external_tag.delete": ["tags.callbacks.changed", "customers.callbacks.tags_deleted"],
    "change_external_tag.shuffle": ["tags.callbacks.changed"],
    "change_external_chat.create": ["groups.callbacks.changed"],
    "change_external_chat.update": ["groups.callbacks.changed"],
    "change_external_chat.dismiss": ["groups.callbacks.changed"],
}

# ---- logs: to standard output, one escaped line per record ----------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "scrm.logs.LineFormatter"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "httpx": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},  # its debug lines carry access tokens in URLs
        "axes": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
SANDBOX = urlsplit(WECOM_API_BASE_URL).hostname in {"127.0.0.1", "localhost", "::1", "sandbox"}
