from collections.abc import Callable

import pytest
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from staff.models import User


@pytest.fixture
def api() -> Callable[[User], APIClient]:
    """`api(user)` calls with that user's token."""

    def client_of(user: User) -> APIClient:
        token, _created = Token.objects.get_or_create(user=user)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
        return client

    return client_of
