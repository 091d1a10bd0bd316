"""Typed values as plain data, as JSON has it: in definitions, in the catalogue, in rows, in executions.

What is written is what differs from the defaults; how it is read, the annotations say.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, TypeAliasType, Union, get_args, get_origin, get_type_hints, overload


class Tagged:
    """A dataclass of a union, whose plain data names it: `{"kind": "text", ...}`, where `tag` is `kind`.

    With `whole` its data has all fields, but those whose metadata say `sparse` and that have their default.
    """

    tag: ClassVar[str]
    whole: ClassVar[bool] = False


class WrittenAsText:
    """A value that `str` writes and `parse` reads."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The value. Raises ValueError."""
        raise NotImplementedError


def to_plain(value: Any) -> Any:
    """The value as plain data, without fields that have their default."""
    if isinstance(value, WrittenAsText):
        return str(value)
    if isinstance(value, Tagged):
        return {value.tag: getattr(value, value.tag), **fields_to_plain(value, whole=value.whole)}
    if dataclasses.is_dataclass(value):
        return fields_to_plain(value)
    if isinstance(value, Mapping):
        return {str(name): to_plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(inner) for inner in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def fields_to_plain(value: Any, *, whole: bool = False) -> dict[str, Any]:
    """The fields of a dataclass as plain data, with `whole` also those that have their default."""
    return {
        name: to_plain(getattr(value, name))
        for name, default, sparse in _defaults(value.__class__)
        if (whole and not sparse) or getattr(value, name) != default
    }


def non_default_fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass whose value is not the default."""
    fields = ((name, getattr(value, name), default) for name, default, _ in _defaults(value.__class__))
    return {name: inner for name, inner, default in fields if inner != default}


@cache
def _defaults(cls: Any) -> tuple[tuple[str, Any, bool], ...]:
    """The fields of a dataclass: name, default (MISSING where there is none), whether it is sparse."""
    return tuple(
        (
            spec.name,
            spec.default if spec.default_factory is dataclasses.MISSING else spec.default_factory(),
            spec.metadata.get("sparse", False),
        )
        for spec in dataclasses.fields(cls)
    )


@overload
def from_plain[T](kind: type[T], data: Any) -> T: ...
@overload
def from_plain(kind: TypeAliasType, data: Any) -> Any: ...
def from_plain(kind: Any, data: Any) -> Any:
    """The value that `to_plain` wrote. Raises KeyError, TypeError, ValueError or AttributeError."""
    return _reader(kind)(data)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    """What reads a value that is annotated so."""
    if isinstance(kind, TypeAliasType):
        return _reader(kind.__value__)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _union_reader(args)
    if origin in (tuple, frozenset):
        read = _reader(args[0])
        return lambda data: origin(map(read, data))
    if origin is Mapping:
        read_key, read = map(_reader, args)
        return lambda data: {read_key(name): read(inner) for name, inner in data.items()}
    if not isinstance(kind, type) or kind is bool:
        return lambda data: data
    if issubclass(kind, datetime):
        return datetime.fromisoformat
    if issubclass(kind, WrittenAsText):
        return kind.parse
    if dataclasses.is_dataclass(kind):
        return lambda data: _read_fields(kind, data)
    return kind if issubclass(kind, int | Enum) else lambda data: data


def union_members(*kinds: Any) -> tuple[Any, ...]:
    """The types of these unions, each once, with those of the unions inside."""
    members: dict[Any, None] = {}
    for kind in kinds:
        inner = get_args(kind.__value__) if isinstance(kind, TypeAliasType) else ()
        members |= dict.fromkeys(union_members(*inner) if inner else (kind,))
    return tuple(members)


def _union_reader(kinds: tuple[Any, ...]) -> Callable[[Any], Any]:
    members = [kind for kind in union_members(*kinds) if kind is not NoneType]
    if len(members) == 1:
        read = _reader(members[0])
    elif all(isinstance(kind, type) and issubclass(kind, Tagged) for kind in members):
        by_name = {getattr(kind, kind.tag): kind for kind in members}
        tag = members[0].tag
        read = lambda data: _read_fields(by_name[data[tag]], data)  # noqa: E731
    else:
        return lambda data: data
    return (lambda data: None if data is None else read(data)) if NoneType in kinds else read


def _read_fields(kind: Any, data: Mapping[str, Any]) -> Any:
    readers, tag = _field_readers(kind), getattr(kind, "tag", None)
    return kind(**{name: readers[name](inner) for name, inner in data.items() if name != tag})


@cache
def _field_readers(kind: Any) -> Mapping[str, Callable[[Any], Any]]:
    hints = get_type_hints(kind)
    return {spec.name: _reader(hints[spec.name]) for spec in dataclasses.fields(kind)}
