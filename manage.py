#!/usr/bin/env python
import os
import sys

try:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    from scrm.embedded import EmbeddedError
except ImportError as error:
    sys.exit(f"{sys.executable} lacks a package ({error}): run `make setup`, then use .venv/bin/python.")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    try:
        execute_from_command_line(sys.argv)
    except (EmbeddedError, ImproperlyConfigured) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
