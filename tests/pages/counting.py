"""How many queries a page takes."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from wecom import clock


def queries(client: Client, address: str) -> int:
    """Of the second visit: the first one fills caches. The clock stands still, for it asks the database, too."""
    client.get(address)
    with clock.at(clock.now()), CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)
