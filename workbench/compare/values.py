"""The values of a part of a journey by their names, and which of them differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import get_args

from wejourney.journeys.definition import Again, Condition, EventCount
from workbench.language.condition_fields import CONDITION_FIELDS
from workbench.language.durations import format_duration
from workbench.language.step_types import Ask, Send, Set, Step, Wait

PATHS = ("steps", "cases", "shares", "unanswered", "not_sent", "otherwise")
"""The fields that hold steps: what is in them is compared step by step."""

_AS_WRITTEN: Mapping[type, Mapping[str, str]] = {
    Again: {"mode": "", "seconds": "after"},
    Ask: {"content": ""},
    Condition: {
        **{field.target: name for name, field in CONDITION_FIELDS.items() if field.target},
        "points_from": "points.from",
        "points_to": "points.to",
    },
    EventCount: {"pattern": "", "at_least": "times"},
    Send: {"content": ""},
    Set: {"values": ""},
    Wait: {"seconds": "wait"},
}
"""The fields of the domain that a file names otherwise; empty where the file has no name for them."""

_SECONDS = ("wait", "after", "within", "offset")
_MINUTES = ("time", "start", "end")


@dataclass(frozen=True)
class Difference:
    """A value that is not the same; None where there is none."""

    name: str
    old: str | None
    new: str | None

    def __str__(self) -> str:
        """`within: 24h → 12h`."""
        return f"{self.name}: {self.old or 'nothing'} → {self.new or 'nothing'}"


def differences(old: object, new: object, name: str = "") -> tuple[Difference, ...]:
    """The values of two parts of the same kind that differ; either may be None."""
    before, after = dict(_values(old, name)), dict(_values(new, name))
    pairs = {field: (before.get(field), after.get(field)) for field in before | after}
    return tuple(Difference(field, was, now) for field, (was, now) in pairs.items() if was != now)


def _values(part: object, name: str) -> Iterator[tuple[str, str]]:
    """Every value of a part without the steps in it, each with its name from the part on."""
    inner: Iterable[tuple[object, object]]
    if part is None:
        return
    if isinstance(part, Mapping):
        inner = part.items()
    elif isinstance(part, tuple) and part and all(isinstance(word, str) for word in part):
        # Tags, keywords and the words of a choice mean the same in any order.
        inner = [("", ", ".join(sorted(part)))]
    elif isinstance(part, tuple):
        inner = enumerate(part, start=1)
    elif is_dataclass(part):
        compared = (spec.name for spec in fields(part) if spec.compare and spec.name not in PATHS)
        inner = ((_written_as(part, field), getattr(part, field)) for field in compared)
    else:
        yield name, _written(name.rpartition(".")[2], part)
        return
    for key, value in inner:
        yield from _values(value, ".".join(filter(None, (name, str(key)))))


def _written_as(part: object, field: str) -> str:
    """How a journey's file names a field."""
    if field == "kind" and not isinstance(part, get_args(Step.__value__)):
        return "content"
    return _AS_WRITTEN.get(type(part), {}).get(field, field)


def _written(field: str, value: object) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and field in _SECONDS:
        return f"-{format_duration(-value)}" if value < 0 else format_duration(value)
    if isinstance(value, int) and field in _MINUTES:
        return f"{value // 60:02}:{value % 60:02}"
    return str(value)
