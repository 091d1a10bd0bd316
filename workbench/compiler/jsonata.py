"""JSONata expressions over what a machine sees of a run.

It sees no profile, no answer and no event: a task looks at these and leaves its verdict as a fact.
"""

import json
from dataclasses import replace

from wejourney.journeys.definition import Condition


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


def verdict_of(fact: str) -> str:
    """The expression of a verdict that a task has left in the run's data; false where none has."""
    return f"$lookup($states.input.facts, {_text(fact)}) = true"


def drawn_below(split: str, bucket: int) -> str:
    """The expression of whether the run's lot in this split is below a bucket; false where none is drawn."""
    return f"($lookup($states.input.draws, {_text(split)}) < {bucket} ? true : false)"


def _inner(condition: Condition) -> tuple[Condition, ...]:
    return (*condition.any, condition.none) if condition.none is not None else condition.any


def looks_at_profile(condition: Condition) -> bool:
    """Whether the condition depends on the follower, not on answers or events alone."""
    own = replace(condition, answers={}, events=(), any=(), none=None)
    return own != Condition() or any(looks_at_profile(part) for part in _inner(condition))


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
