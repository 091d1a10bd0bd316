"""Conditions and updates as DynamoDB's expressions, with a placeholder for each name and value.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wejourney.adapters.dynamo.items import value_of


@dataclass(frozen=True, eq=False)
class Expression:
    """`text` has a `{}` for each part: a column, a value, or another expression."""

    text: str
    parts: tuple[Any, ...]


class Condition(Expression):
    def __and__(self, other: "Condition") -> "Condition":
        return Condition("({} AND {})", (self, other))

    def __or__(self, other: "Condition") -> "Condition":
        return Condition("({} OR {})", (self, other))

    def __invert__(self) -> "Condition":
        return Condition("(NOT {})", (self,))


@dataclass(frozen=True, eq=False)
class Action(Expression):
    """A part of an update."""

    clause: str


def _condition(text: str) -> Callable[..., Condition]:
    return lambda *parts: Condition(text, parts)


class Column:  # noqa: PLW1641 - its comparisons are conditions
    """A column in a condition or an update. A value that is a dict has DynamoDB's form already."""

    def __init__(self, name: str) -> None:
        self.name = name

    __eq__ = _condition("{} = {}")  # type: ignore[assignment]
    __lt__ = _condition("{} < {}")
    __le__ = _condition("{} <= {}")
    __ge__ = _condition("{} >= {}")
    between = _condition("{} BETWEEN {} AND {}")
    startswith = _condition("begins_with ({}, {})")
    contains = _condition("contains ({}, {})")
    exists = _condition("attribute_exists ({})")
    does_not_exist = _condition("attribute_not_exists ({})")

    def if_not_exists(self, value: Any) -> Expression:
        """The column's value, or this one if there is none."""
        return Expression("if_not_exists ({}, {})", (self, value))

    def set(self, value: Any) -> Action:
        return Action("{} = {}", (self, value), "SET")

    def remove(self) -> Action:
        return Action("{}", (self,), "REMOVE")

    def add(self, value: Any) -> Action:
        """Add a number to a number, or a set to a set."""
        return Action("{} {}", (self, value), "ADD")


def expressions(
    *, update: Sequence[Action] = (), condition: Condition | None = None, key: Condition | None = None
) -> dict[str, Any]:
    """The parameters of a request that has these."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}

    def written(part: Any) -> str:
        if isinstance(part, Expression):
            return part.text.format(*map(written, part.parts))
        if isinstance(part, Column):
            return names.setdefault(part.name, f"#{len(names)}")
        values[name := f":{len(values)}"] = part if isinstance(part, dict) else value_of(part)
        return name

    request: dict[str, Any] = {}
    if update:
        clauses: dict[str, list[str]] = {}
        for action in update:
            clauses.setdefault(action.clause, []).append(written(action))
        texts = (f"{clause} {', '.join(texts)}" for clause, texts in clauses.items())
        request["UpdateExpression"] = " ".join(texts)
    if condition:
        request["ConditionExpression"] = written(condition)
    if key:
        request["KeyConditionExpression"] = written(key)
    if names:
        request["ExpressionAttributeNames"] = {name: column for column, name in names.items()}
    if values:
        request["ExpressionAttributeValues"] = values
    return request
