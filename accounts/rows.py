"""Child rows of one parent as a column of the parent: several small tables in one statement.

    Plan.objects.filter(…).annotate(goals=Rows(Goal.objects.filter(plan_id=OuterRef("pk")).order_by("kind")))

gives plans whose `goals` is a list of `Goal`, in the order of the inner query. PostgreSQL hands each row over as JSON;
the fields of the model read their own values from it, so dates, ids and decimals are what they are after any query. The
walls between organisations hold inside a sub-select as they do outside.

Such a query takes longer to put together in Python than PostgreSQL takes to answer it, so what is asked on every page
is put together once: see `kept`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import local
from typing import Any, ParamSpec, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import DecimalField, F, Func, JSONField, Model, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject
from django.utils.functional import cached_property

from accounts.models import User

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
R = TypeVar("R")

# What a person is called; nothing else of an account comes along. In the order of the model, as `from_db` wants them.
_PERSON = [field for field in User._meta.concrete_fields if field.name in {"id", "name", "email"}]


_MOST_KEPT = 16


def kept(make: Callable[P, QuerySet[Any]]) -> Callable[P, QuerySet[Any]]:
    """The query that a function makes, made once for the same arguments and then only filtered further.

    Each thread keeps its own: Django changes a query while it makes SQL of it.
    """
    own = local()

    @wraps(make)
    def query(*args: P.args, **kwargs: P.kwargs) -> QuerySet[Any]:
        if not hasattr(own, "make"):
            own.make = lru_cache(_MOST_KEPT)(make)
        return own.make(*args, **kwargs).all()

    return query


def at_most_one(rows: QuerySet[M, R]) -> R | None:
    """The row of a query that finds one at the most, or None.

    `first` would put it in the order of the key, for which Django compares all columns: that takes a third of the time
    in which such a query is put together.
    """
    return next(iter(rows[:1]), None)


class _Compiled(ArraySubquery):
    """A list by a sub-select, whose SQL is made once."""

    _sql: tuple[str, Any] | None = None

    def as_sql(self, compiler: Any, connection: Any, template: str | None = None, **context: Any) -> Any:
        if template is not None or context:
            return super().as_sql(compiler, connection, template, **context)
        if self._sql is None:
            sql, values = super().as_sql(compiler, connection)
            self._sql = sql, tuple(values)
        return self._sql

    def set_source_expressions(self, exprs: Any) -> None:
        # Another query inside, or the same one under other names.
        self._sql = None
        super().set_source_expressions(exprs)


class Rows(_Compiled):
    """The rows of a query, as a list of its model. `people` are keys to users, who come along by name."""

    def __init__(self, rows: QuerySet[Any], *people: str) -> None:
        self._row = _Row(rows.model, people)
        super().__init__(rows.values(one_row=self._row.as_json()))

    @cached_property
    def output_field(self) -> ArrayField[Any, Any]:
        return ArrayField(self._row)


class People(_Compiled):
    """The users whom keys of the outer row name, as a list, by name. One look for all of them, and no join for each."""

    def __init__(self, *keys: str) -> None:
        named = User.objects.filter(pk__in=[OuterRef(key) for key in keys])
        super().__init__(named.values(one_row=JSONObject(**{field.name: field.name for field in _PERSON})))

    @cached_property
    def output_field(self) -> ArrayField[Any, Any]:
        return ArrayField(_Someone())


class _Someone(JSONField):
    """A person as JSON on the way to a user."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> User:
        return _person(super().from_db_value(value, expression, connection), connection)


def _person(row: dict[str, Any], connection: Any) -> User:
    values = [field.to_python(row[field.name]) for field in _PERSON]
    return User.from_db(connection.alias, [field.name for field in _PERSON], values)


class _Row(JSONField):
    """One row as JSON on its way to an instance of its model."""

    def __init__(self, model: type[Model], people: tuple[str, ...]) -> None:
        super().__init__()
        self._model, self._people = model, people
        self._columns = model._meta.concrete_fields

    def as_json(self) -> Func:
        # A decimal goes as text: as a number it would lose its places.
        texts = {
            str(field.column): Cast(field.attname, TextField())
            for field in self._columns
            if isinstance(field, DecimalField)
        }
        named = {who: JSONObject(**{each.name: F(f"{who}__{each.name}") for each in _PERSON}) for who in self._people}
        return _WholeRow(F("pk"), *([JSONObject(**texts, **named)] if texts or named else []))

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        own = [field.to_python(found[field.column]) for field in self._columns]
        row = self._model.from_db(connection.alias, [field.attname for field in self._columns], own)
        for who in self._people:
            if found[who]["id"] is not None:
                setattr(row, who, _person(found[who], connection))
        return row


class _WholeRow(Func):
    """The row that a column belongs to as JSON, and what is laid over it. Cheaper to make than a list of columns."""

    output_field = JSONField()

    def as_sql(self, compiler: Any, connection: Any, *_more: Any, **_context: Any) -> Any:
        parts: list[Any] = self.get_source_expressions()
        column, *over = parts
        sql = f"to_jsonb({compiler.quote_name_unless_alias(column.alias)})"
        values: list[Any] = []
        for each in over:
            more, given = compiler.compile(each)
            sql, values = f"({sql} || {more})", [*values, *given]
        return sql, values
