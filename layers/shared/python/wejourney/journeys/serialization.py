"""The parts of a journey as plain data: in definitions, in the catalogue, in the rows of runs and waits."""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wejourney.journeys.definition import (
    Again,
    Condition,
    EventCount,
    EventPattern,
    Exit,
    QuietHours,
    Trigger,
)

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def to_plain(part: Any) -> Any:
    """A part of a journey as plain data, without fields that have their default."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return {name: to_plain(value) for name, value in non_default_fields(part).items()}
    if isinstance(part, Mapping):
        return {name: to_plain(value) for name, value in part.items()}
    return [to_plain(one) for one in part] if isinstance(part, tuple | list) else part


def non_default_fields(part: "DataclassInstance") -> dict[str, Any]:
    """The fields of a dataclass whose value is not the default."""
    values: dict[str, Any] = {}
    for spec in dataclasses.fields(part):
        value = getattr(part, spec.name)
        factory = spec.default_factory
        if value != (spec.default if factory is dataclasses.MISSING else factory()):
            values[spec.name] = value
    return values


def pattern_from(data: Mapping[str, Any]) -> EventPattern:
    """The event pattern that `to_plain` wrote."""
    return EventPattern(**{**data, "keywords": tuple(data.get("keywords", ()))})


def trigger_from(data: Mapping[str, Any]) -> Trigger:
    """The trigger that `to_plain` wrote."""
    values = {**data, "keywords": tuple(data.get("keywords", ()))}
    return Trigger(**{**values, "when": condition_from(data.get("when", {}))})


def condition_from(data: Mapping[str, Any]) -> Condition:
    """The condition that `to_plain` wrote."""
    values = dict(data)
    for name in ("tags", "without_tags", "segments", "dates"):
        values[name] = tuple(values.get(name, ()))
    values["events"] = tuple(
        EventCount(**{**one, "pattern": pattern_from(one["pattern"])}) for one in data.get("events", ())
    )
    values["any"] = tuple(condition_from(one) for one in data.get("any", ()))
    if "none" in data:
        values["none"] = condition_from(data["none"])
    return Condition(**values)


def exits_from(data: list[Mapping[str, Any]]) -> tuple[Exit, ...]:
    """The exits that `to_plain` wrote."""
    return tuple(Exit(condition_from(one.get("when", {})), one["reason"]) for one in data)


def again_from(data: Mapping[str, Any]) -> Again:
    """The rule of re-entry that `to_plain` wrote."""
    return Again(**data)


def quiet_from(data: Mapping[str, Any] | None) -> QuietHours | None:
    """The quiet hours that `to_plain` wrote."""
    return QuietHours(int(data["start"]), int(data["end"])) if data else None
