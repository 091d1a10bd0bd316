"""The people of the demo do what a phone lets them do."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.sandbox.personas import Persona, PlannedAct, Player

START = datetime(2026, 11, 25, tzinfo=UTC)


def menu(*lines: tuple[str, str]) -> dict[str, Any]:
    listed = [{"id": id_, "content": label} for id_, label in lines]
    return {"at": START.isoformat(), "type": "msgmenu", "content": {"list": listed}}


def test_a_tap_reports_the_id_under_which_the_newest_menu_shows_the_label() -> None:
    asked: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    acts = (PlannedAct("tap", {"text": "Gold"}, 3, timedelta(minutes=1)),)
    persona = Persona("oLee", "lee", "cyan", "welcome", {}, {}, acts)
    player = Player(persona, httpx.Client(transport=httpx.MockTransport(take), base_url="http://fake"), START)
    text = {"at": START.isoformat(), "type": "text", "content": "Gold"}
    messages = [menu(("100", "Gold"), ("101", "Rose")), menu(("700", "Rose"), ("701", "Gold")), text]

    player.play(START, messages)
    assert not player.done
    player.play(START + timedelta(minutes=1), messages)

    assert player.done
    assert [request.url.path for request in asked] == ["/sandbox/followers/oLee/say"]
    assert json.loads(asked[0].content) == {"text": "Gold", "menu_item": "701"}
