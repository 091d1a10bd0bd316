"""The people of the demo: who they are, and what they do when."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML

PERSONAS = Path(__file__).with_name("personas")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class PlannedAct:
    """An act of the phone, due `pause` after the start or after the `after`-th message received.

    `tap` is a tap on the line with the label `text` of a menu message that was received.
    """

    act: str
    details: Mapping[str, str]
    after: int
    pause: timedelta


@dataclass(frozen=True)
class Persona:
    """Somebody who lives through a journey. `knows` is what the brand knows of them beforehand."""

    openid: str
    name: str
    colour: str
    journey: str
    about: Mapping[str, str]
    knows: Mapping[str, Any]
    acts: tuple[PlannedAct, ...]


def load_personas() -> list[Persona]:
    """All personas, those who act first before the others."""
    yaml = YAML(typ="safe")
    found = [_persona(yaml.load(file)) for file in PERSONAS.glob("*.yaml")]
    return sorted(found, key=lambda persona: persona.acts[0].pause)


def _persona(data: dict[str, Any]) -> Persona:
    acts = tuple(_act(dict(act)) for act in data.pop("acts"))
    return Persona(**data, acts=acts)


def _act(data: dict[str, Any]) -> PlannedAct:
    act, after = data.pop("do"), data.pop("after", 0)
    pause = data.pop("pause", None) or data.pop("at")
    return PlannedAct(act, data, after, duration(pause))


def duration(text: str) -> timedelta:
    """`90m`, `2h`, `1d`."""
    number, unit = re.fullmatch(r"(\d+)([smhd])", text).groups()  # type: ignore[union-attr]
    return timedelta(**{_UNITS[unit]: int(number)})


class Player:
    """Does a persona's acts when they are due."""

    def __init__(self, persona: Persona, fake: httpx.Client, start: datetime) -> None:
        self.persona = persona
        self._fake = fake
        self._start = start
        self._left: Iterator[PlannedAct] = iter(persona.acts)
        self._next = next(self._left, None)

    @property
    def done(self) -> bool:
        """Whether the persona has nothing left to do."""
        return self._next is None

    def due(self, messages: list[dict[str, Any]]) -> datetime | None:
        """When the next act is due, given what was received so far; None if that is not known yet."""
        if self._next is None or len(messages) < self._next.after:
            return None
        since = (
            datetime.fromisoformat(messages[self._next.after - 1]["at"]) if self._next.after else self._start
        )
        return since + self._next.pause

    def play(self, now: datetime, messages: list[dict[str, Any]]) -> bool:
        """Do the next act if it is due; False if it is not."""
        due = self.due(messages)
        if self._next is None or due is None or now < due:
            return False
        act, details = self._next.act, self._next.details
        if act == "tap":
            act, details = "say", {**details, "menu_item": _line(messages, details["text"])}
        url = f"/sandbox/followers/{self.persona.openid}/{act}"
        self._fake.post(url, json=dict(details), timeout=60).raise_for_status()
        self._next = next(self._left, None)
        return True


def _line(messages: list[dict[str, Any]], label: str) -> str:
    """The id of the line with this label, of the newest menu message that has one."""
    menus = [message["content"]["list"] for message in messages if message["type"] == "msgmenu"]
    return next(str(line["id"]) for menu in reversed(menus) for line in menu if line["content"] == label)
