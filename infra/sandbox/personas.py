"""The personas of the simulator, played by the fake phones over HTTP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

import httpx

from wejourney.errors import WejourneyError
from wejourney.events import event_types
from wejourney.events.event import Subject, own_event
from wejourney.loyalty.till.visits import scene_of
from wejourney.messaging import media
from wejourney.messaging.contents import Menu
from wejourney.wire.official_account.subscribe_scenes import WECHAT_SCENES
from workbench.language.journey import Journey
from workbench.language.traversal import contents_of
from workbench.operations.target import Target
from workbench.simulator.deployment import ScriptedEvent
from workbench.simulator.persona import Persona

_OPENID_LENGTH = 28
_TILL = "/sandbox/till-api"


class NotOnPhoneError(WejourneyError):
    """The fake phones do not have this act, or not in this account: they have one."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a persona's act `{kind}` can be simulated, but not played in the sandbox")


@dataclass
class TillClerk:
    """Serves a customer at the till of the sandbox: gives what applies to them, and tells of the sale."""

    http: httpx.Client
    visit: str = ""
    _held: list[str] = field(default_factory=list)

    def open(self) -> str:
        """Show a code; returns its scene."""
        self.visit = self._ask("visits")["visit"]
        self._held.clear()
        return scene_of(self.visit)

    def serve(self) -> None:
        """Hold each offer that applies. It is given at once, but for what needs the customer to join."""
        found = self.http.get(f"{_TILL}/visits/{self.visit}").raise_for_status().json()["customer"]
        for number, offer in enumerate(found["offers"]):
            if not offer["why_not"]:
                asked = {"id": str(number), "offer": offer["offer"]}
                self._held.append(self._ask(f"visits/{self.visit}/holds", asked)["hold"])
        self._capture(order=self.visit, total=0)

    def sell(self, order: str, total: int, at: datetime) -> None:
        self._capture(order, total)
        self._ask("sales", {"order": order, "total": total, "at": at.isoformat(), "visit": self.visit})

    def _capture(self, order: str, total: int) -> None:
        sale = {"order": order, "total": max(1, total)}
        for hold in list(self._held):
            answer = self.http.post(f"{_TILL}/holds/{hold}/capture", json=sale)
            if answer.is_success:
                self._held.remove(hold)

    def _ask(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        answer = self.http.post(f"{_TILL}/{path}", json=body).raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


def _is_of_till(scene: str | None) -> bool:
    return (scene or "").startswith(scene_of(""))


@dataclass
class PersonaActor:
    """Does what a persona does, when it is due. Acts count from `start`, answers from the question."""

    persona: Persona
    target: Target
    phone: httpx.Client
    journeys: Sequence[Journey]
    start: datetime
    _done: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._till = TillClerk(self.phone)

    @property
    def openid(self) -> str:
        """The persona's openid in the sandbox, as long as WeChat's are."""
        return f"o{self.persona.name}-".ljust(_OPENID_LENGTH - 1, "0") + "1"

    def due(self) -> datetime | None:
        """When the next act is due that is known of by now."""
        return next((due for due, _key, _body in self._left()), None)

    def act_if_due(self, now: datetime) -> bool:
        """Do the next act if it is due; False if it is not. Raises NotOnPhoneError."""
        for due, key, body in self._left():
            if now < due:
                break
            self._done.add(key)
            self._do(body, now)
            return True
        return False

    def messages(self) -> list[dict[str, Any]]:
        """What the phone has received."""
        found = self.phone.get(f"/sandbox/followers/{self.openid}/messages").raise_for_status()
        messages: list[dict[str, Any]] = found.json()
        return messages

    def _left(self) -> list[tuple[datetime, object, event_types.EventBody]]:
        """What is still to do, by time: when, a key of the act or of the wait that it answers, and what."""
        waits = self.target.followers.read(self.target.app_id, self.openid).waits
        answers = self.persona.answers
        events: list[tuple[datetime, object, ScriptedEvent]] = [
            *((self.start, number, act) for number, act in enumerate(self.persona.acts)),
            *(
                (wait.asked_at, (wait.run_id, wait.step), answers[wait.name])
                for wait in waits
                if wait.name in answers
            ),
        ]
        elsewhere = next((event.body.kind for _, _, event in events if event.account), None)
        if elsewhere is not None:
            raise NotOnPhoneError(elsewhere)
        left = [(since + event.after, key, event.body) for since, key, event in events]
        return sorted((act for act in left if act[1] not in self._done), key=itemgetter(0))

    def _do(self, body: event_types.EventBody, now: datetime) -> None:
        if isinstance(body, event_types.Paid):
            order = body.order or f"{self.persona.name}-{now:%Y%m%dT%H%M%S}"
            paid = {"openid": self.openid, "order": order, "total": body.total, "attach": body.store}
            self._tell("/sandbox/merchant/pay", paid)
            return
        if isinstance(body, event_types.TillVisited):
            self._till.serve()
            return
        if isinstance(body, event_types.OrderPaid) and self._till.visit:
            self._till.sell(body.order, body.total, now)
            return
        if body.type.source is event_types.Source.OWN:
            subject = Subject(self.target.app_id, self.openid)
            self.target.inbox.tell([own_event(body, f"{self.persona.name} {now.isoformat()}", subject, now)])
            return
        if isinstance(body, event_types.Followed | event_types.Scanned) and _is_of_till(body.scene):
            body = replace(body, scene=self._till.open())
        act, details = self._on_phone(body)
        self._tell(f"/sandbox/followers/{self.openid}/{act}", details)

    def _tell(self, url: str, details: Mapping[str, object]) -> None:
        self.phone.post(url, json=details, timeout=60).raise_for_status()

    def _on_phone(self, body: event_types.EventBody) -> tuple[str, Mapping[str, str]]:
        match body:
            case event_types.Followed():
                source = self.persona.source
                told = {
                    "scene": body.scene,
                    "subscribe_scene": WECHAT_SCENES.get(source, source) if source else None,
                    "language": self.persona.language,
                }
                return "follow", {name: value for name, value in told.items() if value}
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
            case _ if body.kind in media.KINDS:
                return "send", {"kind": body.kind}
            case _:
                raise NotOnPhoneError(body.kind)

    def _line(self, item: str) -> dict[str, str]:
        """A tap on the line that a menu message shows for an item: the newest message that has one."""
        labels = {
            text
            for journey in self.journeys
            for _, content in contents_of(journey)
            if isinstance(content, Menu)
            for menu_item in content.items
            if menu_item.id == item
            for text in menu_item.text.values()
        }
        menus = [message["content"]["list"] for message in self.messages() if message["type"] == "msgmenu"]
        return next(
            {"text": str(line["content"]), "menu_item": str(line["id"])}
            for menu in reversed(menus)
            for line in menu
            if line["content"] in labels
        )
