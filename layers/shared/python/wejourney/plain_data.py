"""Typed values as plain data, as JSON has it: in definitions, in the catalogue, in rows, in executions.

What is written is what differs from the defaults; how it is read, the annotations say.
"""

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, TypeAliasType, Union, get_args, get_origin, get_type_hints, overload

from wejourney.errors import NewerDataError


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
    kind = value.__class__
    return value if kind in _AS_THEY_ARE else _writer(kind)(value)


_AS_THEY_ARE = frozenset({NoneType, bool, int, str})


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """What writes a value of this type."""
    if issubclass(kind, WrittenAsText):
        return str
    if issubclass(kind, Tagged):
        tag = {kind.tag: getattr(kind, kind.tag)}
        return lambda value: tag | fields_to_plain(value, whole=kind.whole)
    if dataclasses.is_dataclass(kind):
        return fields_to_plain
    if issubclass(kind, Mapping):
        return lambda value: {str(name): to_plain(inner) for name, inner in value.items()}
    if issubclass(kind, tuple | list):
        return lambda value: [to_plain(inner) for inner in value]
    if issubclass(kind, frozenset):
        return lambda value: sorted(map(to_plain, value))
    if issubclass(kind, datetime):
        return datetime.isoformat
    return (lambda value: value.value) if issubclass(kind, Enum) else lambda value: value


def fields_to_plain(value: Any, *, whole: bool = False) -> dict[str, Any]:
    """The fields of a dataclass as plain data, with `whole` also those that have their default."""
    return {
        name: to_plain(getattr(value, name))
        for name, default, sparse in _defaults(value.__class__)
        if (whole and not sparse) or getattr(value, name) != default
    }


def non_default_fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass whose value is not the default."""
    return {
        name: inner
        for name, default, _ in _defaults(value.__class__)
        if (inner := getattr(value, name)) != default
    }


def changed[T](value: T, **changes: Any) -> T:
    """A copy of a frozen dataclass with some fields changed. Raises TypeError for what is no field.

    Without __init__, it is several times as fast as dataclasses.replace: a simulated life is mostly made of
    changes. What __post_init__ would check stays unchecked.
    """
    known = value.__dict__
    fields = known | changes
    if len(fields) > len(known):
        raise TypeError(f"{type(value).__name__} has no {', '.join(changes.keys() - known)}")
    copy = object.__new__(value.__class__)
    object.__setattr__(copy, "__dict__", fields)
    return copy


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
    """The value that `to_plain` wrote. Raises KeyError, TypeError or ValueError for anything else.

    The KeyError is a NewerDataError for a field or a kind that is not known.
    """
    read = _reader(kind)
    return data if read is None else _shaped(read, data)


def _shaped[T](read: Callable[[Any], T], data: Any) -> T:
    try:
        return read(data)
    except AttributeError as error:  # A text, say, where a mapping is read.
        raise TypeError(str(error)) from error


type _Reader = Callable[[Any], Any] | None
"""None: the value is as it was written."""


@cache
def _reader(kind: Any) -> _Reader:
    """What reads a value that is annotated so."""
    if isinstance(kind, TypeAliasType):
        return _reader(kind.__value__)
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _union_reader(args)
    if origin in (tuple, frozenset):
        read = _reader(args[0]) or _as_it_is
        return lambda data: origin(map(read, data))
    if origin is Mapping:
        read_key, read = (_reader(arg) or _as_it_is for arg in args)
        return lambda data: {read_key(name): read(inner) for name, inner in data.items()}
    if not isinstance(kind, type) or kind is bool:
        return None
    if issubclass(kind, datetime):
        return datetime.fromisoformat
    if issubclass(kind, WrittenAsText):
        return kind.parse
    if dataclasses.is_dataclass(kind):
        return partial(_read_fields, kind)
    return kind if issubclass(kind, int | Enum) else None


def _as_it_is(data: Any) -> Any:
    return data


def union_members(*kinds: Any) -> tuple[Any, ...]:
    """The types of these unions, each once, with those of the unions inside."""
    members: dict[Any, None] = {}
    for kind in kinds:
        inner = get_args(kind.__value__) if isinstance(kind, TypeAliasType) else ()
        members |= dict.fromkeys(union_members(*inner) if inner else (kind,))
    return tuple(members)


def _union_reader(kinds: tuple[Any, ...]) -> _Reader:
    members = [kind for kind in union_members(*kinds) if kind is not NoneType]
    tagged = [kind for kind in members if isinstance(kind, type) and issubclass(kind, Tagged)]
    if tagged:
        read_tagged = partial(_read_member, {getattr(kind, kind.tag): kind for kind in tagged})
        if len(tagged) < len(members):
            # Other members of such a union are as they were written: texts, numbers, None.
            return lambda data: read_tagged(data) if isinstance(data, Mapping) else data
        read: _Reader = read_tagged
    else:
        read = _reader(members[0]) if len(members) == 1 else None
    if read is None or NoneType not in kinds:
        return read
    return lambda data: None if data is None else read(data)


def _read_member(members: Mapping[str, type[Tagged]], data: Mapping[str, Any]) -> Any:
    tag = next(iter(members.values())).tag
    member = members.get(data[tag])
    if member is None:
        raise NewerDataError(f"a value of `{tag}`")
    return _read_fields(member, data)


def _read_fields(kind: Any, data: Mapping[str, Any]) -> Any:
    tag = getattr(kind, "tag", None)
    return kind(**fields_from_plain(kind, {name: inner for name, inner in data.items() if name != tag}))


def fields_from_plain(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The values of some fields of a dataclass, by name. Raises KeyError, TypeError or ValueError."""
    return _shaped(partial(_read_values, _field_readers(kind)), data)


def _read_values(readers: Mapping[str, _Reader], data: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {name: read(inner) if (read := readers[name]) else inner for name, inner in data.items()}
    except KeyError:
        if data.keys() <= readers.keys():
            raise
        raise NewerDataError("a field") from None


@cache
def _field_readers(kind: Any) -> Mapping[str, _Reader]:
    hints = get_type_hints(kind)
    return {spec.name: _reader(hints[spec.name]) for spec in dataclasses.fields(kind)}
