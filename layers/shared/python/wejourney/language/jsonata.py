"""Conditions as JSONata expressions over the run's data, meaning what `domain.conditions.holds` means."""

import json
import re

from wejourney.domain.journeys import Condition

_FOLLOWER = "$states.input.follower"


def expression_of(condition: Condition) -> str:
    """The expression of a condition; it yields true or false whatever the run's data holds."""
    return " and ".join(_parts(condition)) or "true"


def template(expression: str) -> str:
    """The expression as a field of a definition."""
    return f"{{% {expression} %}}"


def looks_at_profile(condition: Condition) -> bool:
    """Whether the condition speaks of the follower and not of answers alone."""
    mine = condition.tags or condition.without_tags or condition.language or condition.source
    known = condition.scene is not None or condition.customer is not None or condition.member is not None
    inner = (*condition.any, *([condition.none] if condition.none is not None else []))
    return bool(mine) or known or any(looks_at_profile(one) for one in inner)


def _parts(condition: Condition) -> list[str]:
    parts = [f"{_text(tag)} in {_FOLLOWER}.tags" for tag in condition.tags]
    parts += [f"$not({_text(tag)} in {_FOLLOWER}.tags)" for tag in condition.without_tags]
    for name in ("customer", "member"):
        wanted = getattr(condition, name)
        if wanted is not None:
            parts.append(f"{_FOLLOWER}.{name} = {str(wanted).lower()}")
    for name in ("language", "source"):
        wanted = getattr(condition, name)
        if wanted is not None:
            parts.append(f"{_FOLLOWER}.{name} = {_text(wanted)}")
    if condition.scene is not None:
        parts.append(_like(f"{_FOLLOWER}.scene", condition.scene))
    parts += [
        f"$states.input.answers.`{name}` = {_text(answer)}" for name, answer in condition.answers.items()
    ]
    if condition.any:
        parts.append(f"({' or '.join(f'({expression_of(one)})' for one in condition.any)})")
    if condition.none is not None:
        parts.append(f"$not({expression_of(condition.none)})")
    return parts


def _like(value: str, pattern: str) -> str:
    if "*" not in pattern:
        return f"{value} = {_text(pattern)}"
    # $contains fails on null, and `and` need not stop at the first false: hence the conditional.
    regex = r"[\s\S]*".join(re.sub(r"([^\w\s-])", r"\\\1", part) for part in pattern.split("*"))
    return f'($type({value}) = "string" ? $contains({value}, /^{regex}$/) : false)'


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
