"""The controls of the time over HTTP, as the fake WeChat offers them: the real timekeeper behind them."""

import asyncio
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.sandbox.time_control import PATH, NoTimekeeperError, TimeControl, timed
from infra.sandbox.timekeeper import Timekeeper, counted_threads
from tests.unit.sandbox.conftest import Fake

AT_ONCE = 0.05


def told(fake: Fake, control: str, **how: Any) -> dict[str, Any]:
    response = fake.http.post(f"/sandbox/clock/{control}", json=how)
    assert response.status_code == 200, response.text
    state: dict[str, Any] = response.json()
    return state


def test_the_clock_tells_the_time_its_speed_what_is_next_and_what_is_in_flight(fake: Fake) -> None:
    fake.keeper.at(fake.keeper.seconds + 60, lambda: None)
    now = fake.keeper.now
    assert fake.http.get("/sandbox/clock").json() == {
        "now": now.isoformat(),
        "speed": 0.0,
        "next": (now + timedelta(minutes=1)).isoformat(),
        "in_flight": {},
    }


@pytest.mark.parametrize("how", ["seconds", "until"])
def test_time_is_advanced_by_a_duration_or_until_a_moment_and_all_is_done_on_the_way(
    fake: Fake, how: str
) -> None:
    begin, happened = fake.keeper.now, list[datetime]()
    fake.keeper.at(fake.keeper.seconds + 60, lambda: happened.append(fake.keeper.now))
    asked: dict[str, Any] = (
        {"seconds": 90}
        if how == "seconds"
        else {"until": (begin + timedelta(seconds=89.5)).astimezone().isoformat()}
    )
    assert told(fake, "advance", **asked)["now"] == (begin + timedelta(seconds=90)).isoformat()
    assert happened == [begin + timedelta(seconds=60)]


def test_the_next_moment_is_the_next_due_one_or_the_limit(fake: Fake) -> None:
    begin = fake.keeper.now
    fake.keeper.at(fake.keeper.seconds + 60, lambda: None)
    limit = begin + timedelta(seconds=30)
    assert told(fake, "next", until=limit.isoformat())["now"] == limit.isoformat()
    assert told(fake, "next")["now"] == (begin + timedelta(seconds=60)).isoformat()
    assert told(fake, "next")["now"] == (begin + timedelta(seconds=60)).isoformat(), "nothing is due"


def test_time_runs_at_a_speed_until_it_is_paused(fake: Fake) -> None:
    assert told(fake, "run", speed=1)["speed"] == 1
    assert told(fake, "run", speed=100_000)["speed"] == 100_000
    assert told(fake, "pause")["speed"] == 0
    begin = fake.keeper.seconds
    fake.keeper.tick(10)
    assert fake.keeper.seconds == begin


@pytest.mark.parametrize(
    ("control", "how"),
    [
        ("run", {}),
        ("run", {"speed": 0}),
        ("run", {"speed": 100_001}),
        ("run", {"speed": "1"}),
        ("run", {"speed": True}),
        ("advance", {}),
        ("advance", {"seconds": -1}),
        ("advance", {"seconds": True}),
        ("advance", {"seconds": "60"}),
        ("advance", {"seconds": 1e12}),
        ("advance", {"until": "tomorrow"}),
        ("advance", {"until": "2026-11-21T08:00:00"}),
        ("advance", {"until": "9999-11-21T08:00:00Z"}),
        ("advance", {"until": 5}),
        ("advance", {"seconds": 1, "until": "2026-11-21T08:00:00Z"}),
        ("next", {"seconds": None}),
        ("stop", {}),
    ],
)
def test_an_invalid_control_is_rejected_with_the_reason_and_moves_nothing(
    fake: Fake, control: str, how: dict[str, Any]
) -> None:
    begin = fake.keeper.state()
    response = fake.http.post(f"/sandbox/clock/{control}", json=how)
    assert response.status_code == 400
    assert response.json()["error"]
    assert fake.keeper.state() == begin


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"NaN", b"\xff"])
def test_a_body_that_is_no_json_object_is_rejected(fake: Fake, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = fake.http.post("/sandbox/clock/advance", content=body, headers=headers)
    assert response.status_code == 400


def test_at_a_speed_a_person_acts_at_most_once_a_second(fake: Fake) -> None:
    fake.world.clock = fake.file_clock
    fake.keeper.set_speed(3600)
    acts = [datetime.fromisoformat(fake.act("oLee", act)["at"]) for act in ("follow", "unfollow", "follow")]
    assert acts == sorted(set(acts))


def test_at_speed_0_only_the_controls_move_time(fake: Fake) -> None:
    fake.world.clock = fake.file_clock
    acts = {fake.act("oLee", act)["at"] for act in ("follow", "unfollow", "follow")}
    assert acts == {fake.keeper.now.isoformat()}


@pytest.mark.parametrize("answer", [Response("success"), Response(status_code=500), ZeroDivisionError()])
def test_an_act_is_in_flight_until_its_last_delivery_is_over(
    fake: Fake, answer: Response | Exception
) -> None:
    seen: list[Any] = []

    def callback(_body: bytes) -> Response | Exception:
        seen.append(fake.keeper.state()["in_flight"])
        return answer

    fake.callback.answer = callback
    with suppress(ZeroDivisionError):
        fake.act("oLee", "follow")
    assert seen
    assert all(in_flight == {"acts": 1} for in_flight in seen)
    assert fake.keeper.state()["in_flight"] == {}


# --- the local AWS's side ------------------------------------------------------------------------


@pytest.fixture
def keeper(tmp_path: Path) -> Timekeeper:
    (tmp_path / "clock").write_text("1800000000")
    return Timekeeper(tmp_path / "clock")


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://a"
    )


def test_a_request_is_in_flight_until_it_is_answered_even_if_it_fails(keeper: Timekeeper) -> None:
    seen: list[Any] = []

    async def work(request: Request) -> Response:
        seen.append(keeper.state()["in_flight"])
        if request.url.path == "/fails":
            raise ZeroDivisionError
        return Response()

    app = timed(Starlette(routes=[Route("/{path}", work)]), keeper)

    async def ask() -> list[int]:
        async with client(app) as http:
            return [(await http.get(path)).status_code for path in ("/works", "/fails")]

    assert asyncio.run(ask()) == [200, 500]
    assert seen == [{"requests": 1}] * 2
    assert keeper.state()["in_flight"] == {}


def test_a_control_that_has_waited_long_enough_says_what_is_in_flight(keeper: Timekeeper) -> None:
    goes_on = threading.Event()
    counted_threads(keeper, "executions")(target=goes_on.wait).start()
    app = timed(Starlette(), keeper, patience=AT_ONCE)

    async def ask() -> httpx.Response:
        async with client(app) as http:
            return await http.post(f"{PATH}/advance", json={"seconds": 60})

    response = asyncio.run(ask())
    goes_on.set()
    assert response.status_code == 503
    assert response.json()["error"] == "in flight: 1 executions"
    assert keeper.seconds == 1_800_000_000


def test_without_a_local_aws_the_fake_says_so() -> None:
    async def ask() -> None:
        async with httpx.AsyncClient() as http:
            await TimeControl("http://127.0.0.1:9", http).ask()

    with pytest.raises(NoTimekeeperError, match="does not answer"):
        asyncio.run(ask())
