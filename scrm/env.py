"""Typed reading of environment variables. A wrong value is a sentence, not a traceback three layers down."""

import base64
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off; it is {value!r}.")


def seconds(name: str, default: float) -> float:
    """A time-out: a positive number, 0.5 for instance."""
    value = text(name, str(default))
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ImproperlyConfigured(f"{name} must be a number of seconds above 0; it is {value!r}.")
    return number


def count(name: str, default: int) -> int:
    """A whole number from 1 on: days, or rows."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value) > 0):
        raise ImproperlyConfigured(f"{name} must be a whole number above 0; it is {value!r}.")
    return int(value)


def whole(name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`."""
    value = text(name, str(default))
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
    if not 1 <= number <= most:
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to {most}; it is {value!r}.")
    return number


def words(name: str) -> list[str]:
    """A list separated by commas or white space."""
    return os.environ.get(name, "").replace(",", " ").split()


def database(url: str) -> dict[str, object]:
    """Django's settings of a `postgresql://user:password@host:port/name?option=value` URL.

    A host that starts with `/` (percent-encoded, or as `?host=/run/postgresql`) is a socket's folder.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(f"DATABASE_URL must begin with postgresql://; it begins with {parts.scheme!r}.")
    options = dict(parse_qsl(parts.query))
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL holds a port that is no number between 1 and 65535.")
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured("DATABASE_URL names no database: postgresql://user:password@host:5432/NAME.")
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def kept(path: Path) -> str:
    """A random key (32 bytes, URL-safe base64: Fernet's form) that is made on first use and kept in a 0600 file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(f"{path} cannot be read ({error.strerror}): set VAR_DIR to a folder of your own.")
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(key)
        os.link(draft, path)  # the first of several commands wins, and nobody sees half a file
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"{path.parent} cannot be written ({error.strerror}): set VAR_DIR to another folder."
        )
    finally:
        draft.unlink(missing_ok=True)
    return key
