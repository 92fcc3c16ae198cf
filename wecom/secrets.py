"""Secrets at rest: sealed with the first of `settings.ENCRYPTION_KEYS`, opened with any of them.

To rotate, put a new key in front and keep the old one behind it until every row was saved again.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

HINT = 'Make one with: python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class SecretUnreadable(Exception):
    """A sealed value that none of the present keys opens."""


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS is empty. {HINT}")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS holds something that is not a Fernet key. {HINT}") from None


def seal(plain: str) -> str:
    """`plain` encrypted, as text for a column. Empty stays empty: there is nothing to hide."""
    return _cipher(tuple(settings.ENCRYPTION_KEYS)).encrypt(plain.encode()).decode() if plain else ""


def unseal(sealed: str) -> str:
    """The text that `seal` hid. Raises SecretUnreadable when every key is wrong or the value was changed."""
    if not sealed:
        return ""
    try:
        return _cipher(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable("A stored secret does not open with any of ENCRYPTION_KEYS.") from None


class Sealed(property):
    """A plain-text property over an encrypted column: `secret = Sealed("secret_sealed")`.

    The column never holds the plain text, so that dumps, admin lists and `values()` cannot show it.
    """

    def __init__(self, column: str) -> None:
        def opened(row: models.Model) -> str:
            return unseal(getattr(row, column))

        def close(row: models.Model, plain: str) -> None:
            setattr(row, column, seal(plain))

        super().__init__(opened, close)
