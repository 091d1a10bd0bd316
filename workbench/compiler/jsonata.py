"""Conditions as JSONata expressions over the run's data, equal to `wejourney.journeys.conditions.holds`.

No expression decides what is not in the run's data, or not in one form: what happened, and texts that people
have typed. Of a condition that looks at these a task has left its verdict as a fact.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import assert_never

from wejourney.events.values import IsKnown, NumberRange
from wejourney.journeys.chance import DRAWN_BYTES, OF
from wejourney.journeys.definition import Condition
from wejourney.languages import served_by
from wejourney.messaging.merge_fields import OTHER
from wejourney.people.profile_fields import YES_OR_NO_FIELDS

_FOLLOWER = "$states.input.follower"
_SYNTAX = re.compile(r"(?![\w -])[\x00-\x7f]")
"""Every character that can mean something in a regular expression: all are ASCII."""


_LINE_BREAKS = "\n\r\u0085\u2028\u2029"


def template(expression: str) -> str:
    """The expression as a field of a definition."""
    return f"{{% {expression} %}}"


STILL_TO_COME = template("$exists($states.input.until)")
"""The date that a run waits for has moved: it lies ahead again."""

COME = template("$states.input.reached")
"""The date that a run waits for has come or had passed, and the limit of the wait has not ended it."""

# A function of an earlier release, while it is updated, says nothing of `passed`.
PASSED = template("$states.input.passed = true")
"""The date that a run waits for had passed before it was waited for."""

COME_IN_TIME = template("$states.input.reached and $not($states.input.passed = true)")

BY_ITSELF = '$merge([$states.input, {"resumed_at": $now(), "acted_at": null}])'
"""The data of a run that goes on now without an act of the follower."""

RESUMED = '$merge([$states.input, {"resumed_at": $now()}])'
"""The data of a run that goes on now: what happened before counts for no wait after."""

SECONDS_UNTIL = template(
    "$max([1, $ceil(($toMillis($states.input.until) - $toMillis($states.context.State.EnteredTime)) / 1000)])"
)
"""How long a task may wait for a date; a second where there is nothing to wait for."""

POSTPONED = template(
    r"$merge([$states.input, {'until': "
    r"$match($states.errorOutput.Cause, /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/)[0].match, "
    r"'reached': false, 'passed': false}])"
)
"""The run's data with the moment that a PostponedError names."""


def expression_of(condition: Condition, fact: str = "", chosen: Container[str] = ()) -> str:
    """The expression of a condition; it yields true or false whatever the run's data holds.

    `fact` is the name of the verdict that a task has left if it `needs_task`.
    """
    if needs_task(condition, chosen):
        return f"$lookup($states.input.facts, {_text(fact)}) = true"
    return " and ".join(_parts(condition)) or "true"


def drawn_below(name: str, bucket: int) -> str:
    """The expression of `chance.draw` for the person and this name, when that is below a bucket.

    Who has started the run need not know its splits. The remainder is taken digit by digit: JSONata is not
    exact with numbers as large as the whole.
    """
    drawn = f'$hash($states.input.drawn_by & "\\n" & {_text(name)}, "SHA-256")'
    digit = '$length($substringBefore("0123456789abcdef", $digit))'
    digits = f'$split($substring({drawn}, 0, {2 * DRAWN_BYTES}), "")'
    remainder = f"function($drawn, $digit) {{ ($drawn * 16 + {digit}) % {OF} }}"
    return f"$reduce({digits}, {remainder}, 0) < {bucket}"


def needs_task(condition: Condition, chosen: Container[str]) -> bool:
    """Whether the condition counts events or compares texts: not answers by name that are one of the choices.

    `chosen` are the questions with choices.
    """
    answers = (value for name, value in condition.answers.items() if name not in chosen)
    compared = any(not isinstance(value, IsKnown) for value in (*condition.attributes.values(), *answers))
    return (
        bool(condition.events or condition.counters or condition.stage)
        or condition.tier is not None
        or compared
        or any(needs_task(part, chosen) for part in _inner(condition))
    )


def _inner(condition: Condition) -> tuple[Condition, ...]:
    return (*condition.any, condition.none) if condition.none is not None else condition.any


def looks_at_profile(condition: Condition) -> bool:
    """Whether the condition depends on the follower, not on answers or events alone."""
    own = replace(condition, answers={}, events=(), any=(), none=None)
    return own != Condition() or any(looks_at_profile(part) for part in _inner(condition))


def _parts(condition: Condition) -> Iterator[str]:
    yield from (f"{_text(tag)} in {_FOLLOWER}.tags" for tag in condition.tags)
    yield from (f"$not({_text(tag)} in {_FOLLOWER}.tags)" for tag in condition.without_tags)
    yield from (f"{_text(segment)} in {_FOLLOWER}.segments" for segment in condition.segments)
    if condition.language is not None:
        served = served_by(condition.among or (condition.language,), condition.written)
        wanted = [key for key, tag in served.items() if tag == condition.language]
        reads = f"($states.input.languages[$ in {_texts(served)}])[0] in {_texts(wanted)}"
        # A run that a function of an earlier version started has no list yet.
        own = f"{_FOLLOWER}.language = {_text(condition.language)}"
        yield f"($exists($states.input.languages) ? {reads} : {own})"
    for name in (*YES_OR_NO_FIELDS, "source"):
        wanted = getattr(condition, name)
        if wanted is not None:
            yield f"{_FOLLOWER}.{name} = {json.dumps(wanted, ensure_ascii=False)}"
    if condition.scene is not None:
        yield _like(f"{_FOLLOWER}.scene", condition.scene)
    if condition.points_from is not None:
        yield f"{_FOLLOWER}.points >= {condition.points_from}"
    if condition.points_to is not None:
        yield f"{_FOLLOWER}.points <= {condition.points_to}"
    known = {name: value.known for name, value in condition.attributes.items() if isinstance(value, IsKnown)}
    yield from (_exists("attributes", name, known=wanted) for name, wanted in known.items())
    yield from (_exists("dates", name, known=True) for name in condition.dates)
    yield from (_exists("dates", name, known=False) for name in condition.without_dates)
    for name, value in condition.answers.items():
        answer = f"$states.input.answers.`{name}`"
        match value:
            case str():
                yield f"{answer} = {_text(value)}"
            case IsKnown():
                told = f"$exists({answer}) and {answer} != {_text(OTHER)}"
                yield f"({told})" if value.known else f"$not({told})"
            case NumberRange():
                yield "false"  # No choice is a number in a range: `check` rejects it.
            case _:
                assert_never(value)
    if condition.any:
        yield f"({' or '.join(f'({" and ".join(_parts(part)) or "true"})' for part in condition.any)})"
    if condition.none is not None:
        yield f"$not({' and '.join(_parts(condition.none)) or 'true'})"


def _exists(held_in: str, name: str, *, known: bool) -> str:
    found = f"$exists($lookup({_FOLLOWER}.{held_in}, {_text(name)}))"
    return found if known else f"$not({found})"


def _like(value: str, pattern: str) -> str:
    if "*" not in pattern:
        return f"{value} = {_text(pattern)}"
    # $contains fails on null, and `and` need not stop at the first false: hence the conditional.
    # By its number, a character is no part of the syntax for whoever reads the regular expression.
    parts = (_SYNTAX.sub(lambda found: f"\\u{ord(found[0]):04x}", part) for part in pattern.split("*"))
    regex = r"[\s\S]*".join(parts)
    fits = f"$contains({value}, /^{regex}$/)"
    last = pattern[-1]
    if last != "*" and last not in _LINE_BREAKS:
        # `$` is also true before a last line break.
        fits += rf" and $not($contains({value}, /[\n\r\u0085\u2028\u2029]$/))"
    return f'($type({value}) = "string" ? {fits} : false)'


def _texts(values: Iterable[str]) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
