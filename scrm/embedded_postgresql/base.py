"""Django's PostgreSQL backend, whose server is started by the first connection and after a crash by the next one."""

from typing import Any

import psycopg2
from django.conf import settings
from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from scrm import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        embedded.acquire(settings.VAR_DIR, settings.EMBEDDED)
        try:
            return super().get_new_connection(conn_params)
        except (OperationalError, psycopg2.OperationalError):
            embedded.heal(settings.VAR_DIR, settings.EMBEDDED)
            return super().get_new_connection(conn_params)
