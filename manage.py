#!/usr/bin/env python
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    try:
        from django.core.management import execute_from_command_line  # a missing .venv deserves a sentence
    except ImportError as error:
        sys.exit(f"Django is not installed for {sys.executable}: run `make setup`, then .venv/bin/python manage.py. ({error})")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
