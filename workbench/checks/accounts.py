"""The accounts of a deployment (infra/accounts.yaml), and whether a journey can speak to the one it names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, get_args

from wejourney.events.matching import EventPattern
from wejourney.messaging.account_settings import AccountKind
from wejourney.messaging.channels import CHANNELS
from workbench.language import forms
from workbench.language.journey import Journey
from workbench.language.mistakes import Mistake, nearest, phrase
from workbench.language.parse_values import STEP_NAME
from workbench.language.reading import Reading
from workbench.language.source import Location, Source
from workbench.language.traversal import contents_of, parts_of_step, steps_of
from workbench.language.yaml_nodes import Node

ACCOUNTS = Path("infra/accounts.yaml")

KINDS: tuple[AccountKind, ...] = get_args(AccountKind.__value__)

UNNAMED: Mapping[str, AccountKind] = {kind: kind for kind in KINDS}
"""An account without a name in its secret is called as its kind."""


@dataclass(frozen=True)
class DeclaredAccounts:
    """The kinds of a deployment's accounts by name. `mistakes` are those of the file."""

    by_name: Mapping[str, AccountKind] = field(default_factory=lambda: UNNAMED)
    mistakes: tuple[Mistake, ...] = ()


def _read(source: Source, node: Node, at: Location, what: str) -> Mapping[str, AccountKind]:
    found = cast("Mapping[str, AccountKind]", _BY_NAME.read(source, node, at, what))
    for name in found:
        if not STEP_NAME.match(name):
            source.mistake((*at, name), phrase("invalid name", name=name, what="an account"), _NAME_HINT)
    return found


_NAME_HINT = phrase("step name form")
_BY_NAME = forms.by_name(forms.choice(*KINDS), phrase("accounts form"))


def accounts_for(path: Path) -> DeclaredAccounts:
    """The accounts of the repository around a journey's file. Raises OSError."""
    folders = (folder for folder in path.resolve().parents if (folder / ACCOUNTS).is_file())
    root = next(folders, None)
    return DeclaredAccounts() if root is None else read_accounts(root)


def read_accounts(root: Path) -> DeclaredAccounts:
    """Read infra/accounts.yaml; without one the accounts are not named. Raises OSError."""
    if not (root / ACCOUNTS).is_file():
        return DeclaredAccounts()
    source = Source(ACCOUNTS.as_posix())
    node = source.read(root / ACCOUNTS)
    found = {} if node is None else _read(source, node, (), "the accounts")
    return DeclaredAccounts({} if source.mistakes else found, tuple(sorted(set(source.mistakes))))


def accounts_schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "The accounts that journeys speak to, by name: infra/accounts.yaml.",
        **_BY_NAME.schema,
        "propertyNames": {"pattern": STEP_NAME.pattern},
    }


def unreachable_accounts(reading: Reading, accounts: DeclaredAccounts) -> Iterator[Mistake]:
    """Why a journey cannot speak where it says; nothing while the declarations have mistakes."""
    journey, at = reading.journey, ("speaks_to",)
    if journey is None or not journey.speaks_to or accounts.mistakes:
        return
    name = journey.speaks_to
    kind = accounts.by_name.get(name)
    if kind is None:
        message = phrase("undeclared account", name=name, file=ACCOUNTS.as_posix())
        yield reading.mistake_at(at, message, nearest(name, accounts.by_name))
        return
    if any(kind not in CHANNELS[content.kind].kinds for _, content in contents_of(journey)):
        yield reading.mistake_at(at, phrase("no way to send", name=name), phrase("name an official account"))
    if kind == "mini_program":
        for place, pattern in _awaited(journey):
            if pattern.is_act:
                message = phrase("never in a mini program", event=pattern.event, name=name)
                yield reading.mistake_at(place, message, phrase("name an official account"))


def _awaited(journey: Journey) -> Iterator[tuple[Location, EventPattern]]:
    """The events that start the journey or that its steps wait for."""
    yield ("trigger", "event"), journey.trigger
    for at, step in steps_of(journey):
        yield from (((*at, *name, "event"), pattern) for name, pattern in parts_of_step(step).patterns)
