"""The fake phones play the personas of the simulator."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from infra.sandbox.personas import NotOnPhoneError, PersonaActor
from infra.sandbox.settings import ROOT
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import (
    EventBody,
    LinkOpened,
    MenuClicked,
    OrderPaid,
    OtherEvent,
    Paid,
    Scanned,
    TagAdded,
    TillVisited,
)
from wejourney.journeys.runs import FollowerState, OpenWait
from workbench.language.reading import read_file
from workbench.operations.target import Target
from workbench.project import PERSONAS
from workbench.simulator.deployment import ScriptedEvent
from workbench.simulator.persona import Persona, read_persona

START = datetime(2026, 11, 25, tzinfo=UTC)
JOURNEY = read_file(ROOT / "infra/journeys/welcome-from-store.yaml").journey
HOUR = timedelta(hours=1)


def menu(*lines: tuple[str, str]) -> dict[str, Any]:
    listed = [{"id": id_, "content": label} for id_, label in lines]
    return {"at": START.isoformat(), "type": "msgmenu", "content": {"list": listed}}


def wait(name: str, at: datetime) -> OpenWait:
    return OpenWait("run", "1", at, "token", {}, name=name)


@dataclass
class Deployment:
    """A target, and the phone's side of it: what it has, and what it was asked to do."""

    waits: tuple[OpenWait, ...] = ()
    messages: list[dict[str, Any]] = field(default_factory=list)
    acts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    told: list[InboundEvent] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    """What the till is answered, by the path."""

    def actor(self, persona: Persona) -> PersonaActor:
        assert JOURNEY is not None
        target = SimpleNamespace(
            app_id="wx",
            followers=SimpleNamespace(read=lambda *_: FollowerState(None, (), self.waits)),
            inbox=SimpleNamespace(tell=self.told.extend),
        )
        transport = httpx.MockTransport(self._answer)
        phone = httpx.Client(transport=transport, base_url="http://fake")
        return PersonaActor(persona, cast("Target", target), phone, (JOURNEY,), START)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/sandbox/till-api/")
        if path in self.answers:
            if request.method == "POST":
                self.acts.append((path, json.loads(request.content or b"null")))
            status, answer = self.answers[path]
            return httpx.Response(status, json=answer)
        if request.method == "GET":
            return httpx.Response(200, json=self.messages)
        self.acts.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200)


def persona(name: str) -> Persona:
    read = read_persona(ROOT / PERSONAS / f"{name}.yaml").value
    assert read is not None
    return read


def does(*bodies: EventBody) -> Persona:
    acts = tuple(ScriptedEvent(HOUR * number, body) for number, body in enumerate(bodies))
    return replace(persona("lee"), acts=acts)


def test_an_act_is_done_when_it_is_due_and_once() -> None:
    there = Deployment()
    actor = there.actor(persona("john"))

    for purchase in range(5):
        assert actor.act_if_due(START)
        assert len(there.acts) == purchase + 1
    assert there.acts[0] == (
        "/sandbox/merchant/pay",
        {"openid": actor.openid, "order": "SH01-1027", "total": 128000, "attach": "SH01"},
    )
    assert actor.due() == START + 1.5 * HOUR
    assert not actor.act_if_due(START + HOUR)
    assert actor.act_if_due(START + 1.5 * HOUR)
    assert actor.due() is None
    follow = {"subscribe_scene": "ADD_SCENE_PROFILE_LINK", "language": "en"}
    assert there.acts[5:] == [(f"/sandbox/followers/{actor.openid}/follow", follow)]
    assert len(actor.openid) == 28


def test_an_answer_is_due_so_long_after_its_question_was_asked() -> None:
    there = Deployment((wait("occasion", START + HOUR), wait("unknown", START)))
    actor = there.actor(replace(persona("lee"), acts=()))

    assert actor.due() == START + HOUR + timedelta(minutes=40)
    assert actor.act_if_due(START + 2 * HOUR)
    assert there.acts == [(f"/sandbox/followers/{actor.openid}/say", {"text": "1"})]
    assert not actor.act_if_due(START + 9 * HOUR)


def test_a_tap_reports_the_id_under_which_the_newest_menu_shows_the_label() -> None:
    gold, rose = "温润的黄金", "柔美的玫瑰金"
    shown = [menu(("100", gold), ("101", rose)), menu(("700", rose), ("701", gold))]
    there = Deployment((wait("metal", START),), [*shown, {"type": "text", "content": gold}])
    actor = there.actor(replace(persona("lee"), acts=()))

    assert actor.act_if_due(START + 2 * HOUR)
    assert there.acts == [(f"/sandbox/followers/{actor.openid}/say", {"text": gold, "menu_item": "701"})]


@pytest.mark.parametrize(
    ("body", "act", "details"),
    [
        (Scanned("store-1"), "scan", {"scene": "store-1"}),
        (MenuClicked("CARE"), "click", {"key": "CARE"}),
        (LinkOpened("https://x"), "view", {"url": "https://x"}),
        (OtherEvent("unfollow"), "unfollow", {}),
    ],
)
def test_a_phone_does_what_the_simulator_plays(body: EventBody, act: str, details: dict[str, str]) -> None:
    there = Deployment()
    actor = there.actor(does(body))

    assert actor.act_if_due(START)
    assert there.acts == [(f"/sandbox/followers/{actor.openid}/{act}", details)]


def test_what_other_systems_know_goes_to_the_inbox() -> None:
    there = Deployment()
    actor = there.actor(does(TagAdded("bought")))

    assert actor.act_if_due(START)
    (told,) = there.told
    assert (told.body, told.subject.openid, told.at) == (TagAdded("bought"), actor.openid, START)
    assert there.acts == []


def test_a_payment_is_made_at_the_till_each_as_an_order_of_its_own() -> None:
    there = Deployment()
    actor = there.actor(does(Paid(total=500), Paid(total=500)))

    assert actor.act_if_due(START + HOUR)
    assert actor.act_if_due(START + 2 * HOUR)
    orders = [details["order"] for _, details in there.acts]
    assert [path for path, _ in there.acts] == ["/sandbox/merchant/pay"] * 2
    assert len(set(orders)) == 2
    assert there.told == []


def test_an_act_that_the_fake_phones_lack_is_an_error_that_names_it() -> None:
    actor = Deployment().actor(does(OtherEvent("link", {"text": "m"})))

    with pytest.raises(NotOnPhoneError, match="`link`"):
        actor.act_if_due(START)


def test_a_till_serves_what_applies_and_what_needs_joining_goes_with_the_sale() -> None:
    not_joined = [{"code": "not_joined"}]
    offers = [
        {"offer": "tote", "why_not": []},
        {"offer": "gold", "why_not": not_joined},
        {"offer": "join-today", "why_not": []},
    ]
    there = Deployment(
        answers={
            "visits": (201, {"visit": "v"}),
            "visits/v": (200, {"customer": {"offers": offers}}),
            "visits/v/holds": (201, {"hold": "h"}),
            "holds/h/capture": (409, {}),
            "sales": (202, {}),
        }
    )
    visit = TillVisited(store="SH01", till="1")
    actor = there.actor(does(Scanned("visit-SH01"), visit, OrderPaid(total=900, order="T-1")))
    path = f"/sandbox/followers/{actor.openid}/scan"

    assert actor.act_if_due(START)
    assert there.acts == [("visits", None), (path, {"scene": "visit-v"})]
    there.acts.clear()
    assert actor.act_if_due(START + HOUR)
    held = [told["offer"] for path, told in there.acts if path == "visits/v/holds"]
    assert held == ["tote", "join-today"]
    there.answers["holds/h/capture"] = (200, {})
    there.acts.clear()
    assert actor.act_if_due(START + 2 * HOUR)
    *captured, sale = there.acts
    assert captured == [("holds/h/capture", {"order": "T-1", "total": 900})] * 2
    at = (START + 2 * HOUR).isoformat()
    assert sale == ("sales", {"order": "T-1", "total": 900, "at": at, "visit": "v"})
