"""A condition inside a Django query: `Customer.objects.filter(Matches(condition, scope))`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import BooleanField, Expression, F
from django.db.models.sql.compiler import SQLCompiler

from customers.segments.sql import Scope
from customers.segments.tree import Condition


class Matches(Expression):
    """True where the customer of the query matches. Works in subqueries: it asks Django for the aliases in use."""

    conditional = True
    output_field = BooleanField()

    def __init__(self, condition: Condition, scope: Scope) -> None:
        super().__init__()
        self.condition = condition
        self.scope = scope
        self.columns: list[Any] = [F("id"), F("digest__lost")]

    def get_source_expressions(self) -> list[Any]:
        return self.columns

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.columns = list(exprs)

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        customer, digest = (compiler.quote_name_unless_alias(column.alias) for column in self.columns)
        fragment = self.condition.sql(replace(self.scope, customer=customer, digest=digest))
        return f"({fragment.sql})", fragment.params
