"""The condition language: audience, list filter, step condition and tag rule are one language, compiled here.

A tree is JSON: `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}`, or a leaf `{"field", "op", "value"}`. An empty
`all` is everybody, an empty `any` is nobody.

`parse` checks a tree that somebody is about to save: anything unknown or ill-typed is refused with the path to the
offending node (`all[1].value[0]`), ids that the corp does not have included. `compile_sql` reads a tree that was
saved earlier, so it forgives one thing: an id that has disappeared since (a deleted tag, say). What such a leaf would
say is *unknown*, SQL's NULL: neither the leaf nor its negation matches anybody on the strength of it. See
docs/decisions/020-ids-that-disappear-from-conditions.md.
"""

from customers.segments.catalogue import CATALOGUE
from customers.segments.fields import Choice, Field, Op, labels, register
from customers.segments.sql import Fragment, Scope
from customers.segments.tree import Condition, ConditionError, Leaf, audience, compile_sql, parse, read

for _field in CATALOGUE:
    register(_field)

__all__ = [
    "Choice",
    "Condition",
    "ConditionError",
    "Field",
    "Fragment",
    "Leaf",
    "Op",
    "Scope",
    "audience",
    "compile_sql",
    "labels",
    "parse",
    "read",
    "register",
]
