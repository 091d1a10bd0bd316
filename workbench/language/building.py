"""From plain data to the types of `wejourney.journeys`, with what does not fit as mistakes."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import ErrorDetails, SchemaValidator, ValidationError

from workbench.language.mistakes import nearest
from workbench.language.source import Location, Source

_WRITTEN_AS = {"template_id": "id"}
"""Our name of a field and the one that people write, where they differ."""

_EXAMPLES = {
    "trigger": "such as `trigger: {event: follow}`",
    "event": "such as `event: follow`",
    "steps": "below it one step after each `- `",
    "within": "such as `within: 1d`",
    "when": "such as `when: {tag: vip}`",
    "percent": "such as `percent: 50`",
    "points": "such as `points: 10`",
}
"""The hints for fields that are missing, where the name alone does not say what to write."""


class Builder[T]:
    """Builds values of a type whose unions are told apart by the field `kind`; a field too many is a mistake.

    Pydantic would try every member of a union, and of those inside it: a time that doubles with every step
    in a step. It would also pass over fields that it does not know. The domain does without pydantic, so
    both are said here.
    """

    def __init__(self, adapter: TypeAdapter[T]) -> None:
        self._validator = SchemaValidator(_strict_by_kind(adapter.core_schema))

    def build(self, source: Source, data: Mapping[str, Any]) -> T | None:
        """The value, or None when a mistake hides what it is."""
        try:
            built: T = self._validator.validate_json(json.dumps(data), strict=True)
        except ValidationError as exc:
            for error in exc.errors(include_url=False):
                at = _location(error["loc"], data)
                if not any(at[: len(part)] == part for part in source.broken):
                    source.mistake(at, *_explain(error, at))
            return None
        return built


def _strict_by_kind(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict_by_kind(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: one if name == "metadata" else _strict_by_kind(one) for name, one in schema.items()}
    if inner.get("type") == "dataclass-args":
        inner["extra_behavior"] = "forbid"
    if inner.get("type") == "union":
        kinds = {choice["cls"].kind: choice for choice in inner["choices"]}
        return inner | {"type": "tagged-union", "discriminator": "kind", "choices": kinds}
    return inner


def _location(loc: Location, data: Any) -> Location:
    """Pydantic's location without the kinds of union members."""
    at: list[str | int] = []
    inside: Any = data
    told = False
    for part in loc:
        if isinstance(inside, dict) and inside.get("kind") == part and not told:
            told = True
            continue
        if _is_in(part, inside):
            inside, told = inside[part], False
        at.append(part)
    return tuple(at)


def _is_in(part: str | int, data: Any) -> bool:
    return isinstance(part, int) if isinstance(data, list) else isinstance(data, dict) and part in data


def _explain(error: ErrorDetails, at: Location) -> tuple[str, str]:
    name = at[-1] if at else "journey"
    match error["type"]:
        case "missing":
            written = _WRITTEN_AS.get(str(name), str(name))
            return f"`{written}` is missing", _EXAMPLES.get(written, f"write `{written}: …`")
        case "literal_error":
            expected = re.findall(r"'([^']+)'", str(error.get("ctx", {}).get("expected", "")))
            return f"`{error['input']}` is not a valid `{name}`", nearest(str(error["input"]), expected)
        case "bool_type":
            return f"`{name}` is true or false", f"write `{name}: true`"
        case "json_invalid":
            return "nested too deeply", "reduce the nesting"
        case _:  # any other of Pydantic's errors
            return f"`{name}`: {error['msg']}", ""
