"""The personas of the simulator, played by the fake phones over HTTP."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from wejourney.errors import WejourneyError
from wejourney.events import event_types
from wejourney.events.event import Subject, own_event
from wejourney.messaging.contents import Menu
from wejourney.people.followers import WECHAT_SCENES
from workbench.language.journey import Journey
from workbench.language.traversal import contents_of
from workbench.operations.target import Target
from workbench.simulator.deployment import ScriptedEvent
from workbench.simulator.persona import Persona

_OPENID_LENGTH = 28


class NotOnPhoneError(WejourneyError):
    """The fake phones do not have this act."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a persona's act `{kind}` can be simulated, but not played in the sandbox")


@dataclass(frozen=True)
class _Planned:
    """What somebody does next: `key` names the act, or the wait that it answers."""

    due: datetime
    key: object
    body: event_types.EventBody


@dataclass
class Player:
    """Does what a persona does, when it is due. Acts count from `start`, answers from the question."""

    persona: Persona
    target: Target
    phone: httpx.Client
    journeys: Sequence[Journey]
    start: datetime
    _done: set[object] = field(default_factory=set)

    @property
    def openid(self) -> str:
        """The persona's openid in the sandbox, as long as WeChat's are."""
        return f"o{self.persona.name}-".ljust(_OPENID_LENGTH - 1, "0") + "1"

    def due(self) -> datetime | None:
        """When the next act is due that is known of by now."""
        return min((planned.due for planned in self._planned()), default=None)

    def play(self, now: datetime) -> bool:
        """Do the next act if it is due; False if it is not. Raises NotOnPhoneError."""
        planned = min(self._planned(), key=lambda one: one.due, default=None)
        if planned is None or now < planned.due:
            return False
        self._done.add(planned.key)
        self._do(planned.body, now)
        return True

    def messages(self) -> list[dict[str, Any]]:
        """What the phone has received."""
        found = self.phone.get(f"/sandbox/followers/{self.openid}/messages").raise_for_status()
        messages: list[dict[str, Any]] = found.json()
        return messages

    def _planned(self) -> Iterator[_Planned]:
        for number, act in enumerate(self.persona.acts):
            yield from self._unless_done(self.start, number, act)
        for wait in self.target.followers.read(self.target.app_id, self.openid).waits:
            answer = self.persona.answers.get(wait.name)
            if answer is not None:
                yield from self._unless_done(wait.asked_at, (wait.run_id, wait.step), answer)

    def _unless_done(self, since: datetime, key: object, event: ScriptedEvent) -> Iterator[_Planned]:
        if key not in self._done:
            yield _Planned(since + event.after, key, event.body)

    def _do(self, body: event_types.EventBody, now: datetime) -> None:
        if body.type.source is event_types.Source.OWN:
            subject = Subject(self.target.app_id, self.openid)
            self.target.inbox.tell([own_event(body, f"{self.persona.name} {now.isoformat()}", subject, now)])
            return
        act, details = self._on_phone(body)
        url = f"/sandbox/followers/{self.openid}/{act}"
        self.phone.post(url, json=details, timeout=60).raise_for_status()

    def _on_phone(self, body: event_types.EventBody) -> tuple[str, Mapping[str, str]]:
        match body:
            case event_types.Followed():
                return "follow", self._follow(body)
            case event_types.Scanned():
                return "scan", {"scene": body.scene or ""}
            case event_types.TextReceived():
                return "say", {"text": body.text} if body.menu_item is None else self._line(body.menu_item)
            case event_types.MenuClicked():
                return "click", {"key": body.key or ""}
            case event_types.LinkOpened():
                return "view", {"url": body.url}
            case _ if body.kind == event_types.UNFOLLOW:
                return "unfollow", {}
            case _:
                raise NotOnPhoneError(body.kind)

    def _follow(self, body: event_types.Followed) -> dict[str, str]:
        source = self.persona.source
        told = {
            "scene": body.scene,
            "subscribe_scene": WECHAT_SCENES.get(source, source) if source else None,
            "language": self.persona.language,
        }
        return {name: value for name, value in told.items() if value}

    def _line(self, item: str) -> dict[str, str]:
        """A tap on the line that a menu message shows for an item: the newest message that has one."""
        labels = {
            text
            for journey in self.journeys
            for _, content in contents_of(journey)
            if isinstance(content, Menu)
            for one in content.items
            if one.id == item
            for text in one.text.values()
        }
        menus = [one["content"]["list"] for one in self.messages() if one["type"] == "msgmenu"]
        return next(
            {"text": str(line["content"]), "menu_item": str(line["id"])}
            for menu in reversed(menus)
            for line in menu
            if line["content"] in labels
        )
