"""Conditions and updates mean what PynamoDB's, an independent writer of the same language, mean."""

import re
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Update

from wejourney.adapters.dynamo.expressions import Action, Column, Condition, expressions
from wejourney.adapters.dynamo.items import value_of

NAMES = st.sampled_from(["pk", "sk", "rev", "token", "ended", "a.b", "a b", "size", "set"])
PLAIN = st.text(max_size=5) | st.integers() | st.booleans()
VALUES = PLAIN | st.builds(value_of, PLAIN | st.binary(max_size=5) | st.frozensets(st.text(), min_size=1))

type Both = tuple[Any, Any]
"""The same thing of ours and of PynamoDB's."""


def same(operation: str, name: str, *values: Any) -> Both:
    """An operation on the column of this name. A dot in a name is part of it for both."""
    return getattr(Column(name), operation)(*values), getattr(Path([name]), operation)(*values)


COMPARED = st.builds(same, st.sampled_from(["__eq__", "__lt__", "__le__", "__ge__"]), NAMES, VALUES)
THERE = st.builds(same, st.sampled_from(["exists", "does_not_exist"]), NAMES)
BEGUN = st.builds(same, st.just("startswith"), NAMES, st.text(max_size=5))
HELD = st.builds(same, st.just("contains"), NAMES, PLAIN)
BETWEEN = st.builds(same, st.just("between"), NAMES, VALUES, VALUES)
CONDITIONS = st.recursive(
    COMPARED | THERE | BEGUN | HELD | BETWEEN,
    lambda parts: (
        parts.map(lambda both: (~both[0], ~both[1]))
        | st.tuples(parts, parts).map(lambda two: (two[0][0] & two[1][0], two[0][1] & two[1][1]))
        | st.tuples(parts, parts).map(lambda two: (two[0][0] | two[1][0], two[0][1] | two[1][1]))
    ),
    max_leaves=8,
)
ABSENT = st.builds(
    lambda name, value: (Column(name).if_not_exists(value), Path([name]) | value), NAMES, VALUES
)
NUMBERS = st.integers() | st.builds(value_of, st.frozensets(st.text(), min_size=1))
ACTIONS = (
    st.builds(same, st.just("set"), NAMES, VALUES)
    | st.builds(lambda name, both: (Column(name).set(both[0]), Path([name]).set(both[1])), NAMES, ABSENT)
    | st.builds(same, st.just("remove"), NAMES)
    | st.builds(same, st.just("add"), NAMES, NUMBERS)
)


def read(expression: str | None, names: dict[str, str], values: dict[str, Any]) -> list[object]:
    """The words of an expression, with names and values in the place of their placeholders."""
    words = re.findall(r"[#:]\w+|\w+|\S", expression or "")
    return [("name", names[word]) if word[0] == "#" else values.get(word, word) for word in words]


def read_request(request: dict[str, Any], parameter: str) -> list[object]:
    names, values = (request.get(f"ExpressionAttribute{kind}", {}) for kind in ("Names", "Values"))
    assert all(re.search(rf"{name}\b", request[parameter]) for name in (*names, *values))
    return read(request[parameter], names, values)


def read_pynamodb(expression: Any) -> list[object]:
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    written = expression.serialize(names, values)
    return read(written, {placeholder: name for name, placeholder in names.items()}, values)


@given(CONDITIONS)
def test_a_condition_means_what_pynamodbs_does(both: tuple[Condition, Any]) -> None:
    ours, theirs = both
    for parameter, request in {
        "ConditionExpression": expressions(condition=ours),
        "KeyConditionExpression": expressions(key=ours),
    }.items():
        assert read_request(request, parameter) == read_pynamodb(theirs)


@given(st.lists(ACTIONS, min_size=1, max_size=5), CONDITIONS)
def test_an_update_means_what_pynamodbs_does(
    actions: Sequence[tuple[Action, Any]], condition: tuple[Condition, Any]
) -> None:
    request = expressions(update=[ours for ours, _ in actions], condition=condition[0])
    names, values = request["ExpressionAttributeNames"], request.get("ExpressionAttributeValues", {})
    update = read(request["UpdateExpression"], names, values)
    assert clauses(update) == clauses(read_pynamodb(Update(*[theirs for _, theirs in actions])))
    assert read(request["ConditionExpression"], names, values) == read_pynamodb(condition[1])


def clauses(words: Sequence[object]) -> dict[object, list[object]]:
    """The words of each clause: their order in an update means nothing."""
    found: dict[object, list[object]] = {}
    for word in words:
        if word in ("SET", "REMOVE", "ADD"):
            found[word] = here = []
        else:
            here.append(word)
    return found


def test_without_expressions_there_are_no_parameters() -> None:
    assert expressions() == {}
    assert expressions(condition=Column("pk").exists()) == {
        "ConditionExpression": "attribute_exists (#0)",
        "ExpressionAttributeNames": {"#0": "pk"},
    }
