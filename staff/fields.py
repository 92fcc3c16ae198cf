"""Form fields for text from outside."""

from __future__ import annotations

from typing import Any

from django import forms

from wecom.text import clean


class CleanCharField(forms.CharField):
    """Text without what PostgreSQL cannot store: a NUL is dropped, not complained about."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value if value in self.empty_values else clean(str(value))) or ""
