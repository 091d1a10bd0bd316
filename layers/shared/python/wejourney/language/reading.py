"""From a journey file to a `Journey`, with every mistake of its form."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from wejourney.domain.journeys import Journey
from wejourney.domain.messages import CONTENTS
from wejourney.language.checking import check_journey
from wejourney.language.mistakes import Mistake, nearest
from wejourney.language.source import Location, Source
from wejourney.language.surface import read_journey
from wejourney.language.walk import STEPS

_JOURNEY: TypeAdapter[Journey] = TypeAdapter(Journey)
_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")

_KINDS = {cls.__name__: cls.kind for cls in (*STEPS, *CONTENTS.values())}

LONGEST_NAME = 40
"""Characters. A state machine's name has 80 and begins with the name of the stack."""


@dataclass(frozen=True)
class Reading:
    """What came out of a file: a journey, unless a mistake hides what it is, and all mistakes."""

    journey: Journey | None
    mistakes: tuple[Mistake, ...]


def read_file(path: Path, shown_as: str | None = None) -> Reading:
    """Read and check one file. `shown_as` is how mistakes name it. Raises OSError."""
    shown_as = shown_as or str(path)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as exc:
        return Reading(None, (Mistake(shown_as, 1, 1, f"not UTF-8: {exc.reason} at byte {exc.start}"),))
    return read_text(text, path.stem, shown_as)


def read_text(text: str, name: str, file: str) -> Reading:
    """Read and check the text of a journey file."""
    source = Source(file)
    if not _NAME.match(name) or len(name) > LONGEST_NAME:
        hint = f"at most {LONGEST_NAME} small letters, digits and single dashes, a letter first"
        source.mistake((), f"`{name}` cannot be a journey's name, which is the file's name", hint)
    root = source.compose(text)
    journey = None
    if root is not None:
        journey = _build(source, {"name": name, **read_journey(source, root)})
    if journey is not None and not source.broken:
        check_journey(journey, source)
    return Reading(journey, tuple(sorted(set(source.mistakes))))


def _build(source: Source, data: Mapping[str, Any]) -> Journey | None:
    try:
        return _JOURNEY.validate_json(json.dumps(data), strict=True)
    except ValidationError as exc:
        for error in exc.errors(include_url=False):
            at = _location(error["loc"], data)
            if at is not None and not any(at[: len(part)] == part for part in source.broken):
                source.mistake(at, *_explain(error, at))
        return None


def _location(loc: Location, data: Any) -> Location | None:
    """Pydantic's location without the names of union members; None for a member that is not meant."""
    at: list[str | int] = []
    for part in loc:
        if _is_in(part, data):
            data = data[part]
        elif part in _KINDS:
            if not isinstance(data, dict) or data.get("kind") != _KINDS[str(part)]:
                return None
            continue
        at.append(part)
    return tuple(at)


def _is_in(part: str | int, data: Any) -> bool:
    return isinstance(part, int) if isinstance(data, list) else isinstance(data, dict) and part in data


def _explain(error: ErrorDetails, at: Location) -> tuple[str, str]:
    name = at[-1] if at else "journey"
    match error["type"]:
        case "missing":
            return f"`{name}` is missing", ""
        case "literal_error":
            expected = re.findall(r"'([^']+)'", str(error.get("ctx", {}).get("expected", "")))
            return f"`{error['input']}` cannot be `{name}`", nearest(str(error["input"]), expected)
        case "bool_type":
            return f"`{name}` is true or false", ""
        case "int_type":
            return f"`{name}` is a whole number", ""
        case _:
            return f"`{name}`: {error['msg']}", ""
