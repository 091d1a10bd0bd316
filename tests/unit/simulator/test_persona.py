"""Personas are read with the same care as journeys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.sandbox.settings import ROOT
from tests.support.events import body
from wejourney.loyalty.balance import Balance
from wejourney.messaging.sending import PASSIVE
from workbench.project import read_project
from workbench.simulator.deployment import ScriptedEvent, SimulatedDeployment, simulated_account
from workbench.simulator.persona import Persona, read_persona
from workbench.simulator.simulator import Simulator
from workbench.trace.trace_events import MessageSent

PERSONAS = Path(__file__).parents[3] / "infra/personas"

MISTAKES = {
    "unknown field": ("nam: Lee\n", 1, 1, "a persona has no field `nam`"),
    "unknown act": ("acts:\n  - {at: 1m, follows: {}}\n", 2, 14, "an act has no field `follows`"),
    "two acts in one": ("acts:\n  - {say: a, tap: b}\n", 2, 5, "an act has exactly one action"),
    "no duration": ("acts:\n  - {at: soon, say: a}\n", 2, 10, "`soon` is not a duration"),
    "unknown source": ("acts:\n  - follow: {source: qrr}\n", 2, 22, "`qrr` is not a source of a follow"),
    "unknown zone": ("time_zone: Europe/Pari\n", 1, 12, "there is no time zone `Europe/Pari`"),
    "unknown language": ("language: enn\n", 1, 11, "`enn` is not a language code of WeChat"),
    "no date": ("dates: {birthday: spring}\n", 1, 19, "`spring` is not a date or time"),
    "too late a date": ("dates: {birthday: 9999-12-31T23:00-05:00}\n", 1, 19, "`9999-12-31T23:00-05"),
    "no start": ("starts: tomorrow\n", 1, 9, "`tomorrow` is not a date or time"),
    "a start at the end of time": (
        "starts: 9999-12-31T23:59\n",
        1,
        9,
        "`9999-12-31T23:59` is not a date or time",
    ),
    "a start before all zones": ("starts: 0001-01-01\n", 1, 9, "`0001-01-01` is not a date or time"),
    "no truth": ("acts:\n  - profile: {member: 12}\n", 2, 23, "`12` is not a valid `member`"),
    "a profile without a date": ("acts:\n  - profile: {date.booking: soon}\n", 2, 29, "`soon` is not"),
    "a booking without a time of day": (
        "acts:\n  - book: {booking: B-1, starts_at: 2026-12-01}\n",
        2,
        37,
        "`2026-12-01` is not a valid `starts_at`",
    ),
    "a booking without a time": ("acts:\n  - book: {booking: B-1}\n", 2, 11, "`starts_at` is missing"),
    "less than nothing": (
        "acts:\n  - pay: {order: 1, total: -3}\n",
        2,
        28,
        "`total`, in fen, is out of range",
    ),
    "no currency": (
        "acts:\n  - order: {total: 5, currency: YEN}\n",
        2,
        33,
        "`YEN` is not a valid `currency`",
    ),
    "fewer points than none": ("points: -5\n", 1, 9, "`points` is out of range"),
    "no fact": ("member: perhaps\n", 1, 9, "`member` is true or false"),
    "unknown part of a balance": (
        "balances: {stamps: {unclamed: 5}}\n",
        1,
        21,
        "a balance has no field `unclamed`",
    ),
    "less than nothing pending": ("balances: {stamps: {pending: -5}}\n", 1, 30, "`pending` is out of range"),
    "no day of expiry": ("balances: {points: {expires_on: soon}}\n", 1, 33, "`soon`"),
    "no number": ("points: many\n", 1, 9, "`points` must be a whole number"),
    "an answer that does not talk": ("answers: {q: {view: x}}\n", 1, 15, "an act has no field `view`"),
    "not true": ("acts:\n  - unfollow: maybe\n", 2, 15, "`unfollow` takes only `true`"),
    "nameless event": ("acts:\n  - mini_program: {item: ring}\n", 2, 19, "`name` is missing"),
    "not YAML": ("name: [\n", 2, 1, "not YAML"),
}


def read(tmp_path: Path, text: str) -> Persona:
    path = tmp_path / "lee.yaml"
    path.write_text(text, "utf-8")
    reading = read_persona(path)
    assert reading.mistakes == ()
    assert reading.value is not None
    return reading.value


@pytest.mark.parametrize(("text", "line", "column", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, text: str, line: int, column: int, message: str
) -> None:
    path = tmp_path / "lee.yaml"
    path.write_text(text, "utf-8")

    reading = read_persona(path, "lee.yaml")

    assert reading.value is None
    first = reading.mistakes[0]
    assert (first.file, first.line, first.column) == ("lee.yaml", line, column)
    assert first.message.startswith(message)


ACTS = {
    "follow: {scene: store-1}": ScriptedEvent(timedelta(), body("follow", scene="store-1")),
    "say: hello": ScriptedEvent(timedelta(), body("text", text="hello")),
    "tap: gold": ScriptedEvent(timedelta(), body("text", text="gold", menu_item="gold")),
    "scan: store-1": ScriptedEvent(timedelta(), body("scan", scene="store-1")),
    "click: MENU": ScriptedEvent(timedelta(), body("click", key="MENU")),
    "view: https://x": ScriptedEvent(timedelta(), body("view", url="https://x")),
    "image: m": ScriptedEvent(timedelta(), body("image", text="m")),
    "voice: m": ScriptedEvent(timedelta(), body("voice", text="m")),
    "location: home": ScriptedEvent(timedelta(), body("location", text="home")),
    "pay: {order: A, total: 500}": ScriptedEvent(timedelta(), body("payment", order="A", total=500)),
    "refund: {order: A, total: 500}": ScriptedEvent(timedelta(), body("refund", order="A", total=500)),
    "mini_program: {name: cart.left, item: ring}": ScriptedEvent(
        timedelta(), body("mini_program", name="cart.left", details={"item": "ring"})
    ),
    "segment: gold": ScriptedEvent(timedelta(), body("segment", segment="gold")),
    "video: m1": ScriptedEvent(timedelta(), body("video", text="m1")),
    "link: https://example.com": ScriptedEvent(timedelta(), body("link", text="https://example.com")),
    "tag: vip": ScriptedEvent(timedelta(), body("tag", tag="vip")),
    "profile: {member: true, size: L}": ScriptedEvent(
        timedelta(), body("profile", changes={"member": "true", "size": "L"})
    ),
    "unfollow: true": ScriptedEvent(timedelta(), body("unfollow")),
    "agent_closes: true": ScriptedEvent(timedelta(), body("chat_closed")),
}


@pytest.mark.parametrize(("text", "act"), ACTS.items(), ids=ACTS)
def test_an_act_is_the_event_that_the_account_hears_of(tmp_path: Path, text: str, act: ScriptedEvent) -> None:
    assert read(tmp_path, f"acts:\n  - {text}\n").acts == (act,)


def test_an_act_lies_before_the_start_or_after_it(tmp_path: Path) -> None:
    acts = read(tmp_path, "acts: [{ago: 366d, tag: a}, {ago: 0d, tag: b}, {at: 90m, tag: c}]\n").acts
    assert [act.after for act in acts] == [timedelta(days=-366), timedelta(), timedelta(minutes=90)]

    (tmp_path / "lee.yaml").write_text("acts: [{ago: 2h, at: 1h, tag: a}, {ago: 367d, tag: b}]\n", "utf-8")
    mistakes = [str(mistake) for mistake in read_persona(tmp_path / "lee.yaml", "lee.yaml").mistakes]
    assert mistakes == [
        "lee.yaml:1:14: an act has only one of at, ago (remove one of them)",
        "lee.yaml:1:41: `367d` is too long (at most 366d)",
    ]


@pytest.mark.capability(row="18")
def test_what_was_paid_before_the_start_is_known_when_the_follow_is_answered() -> None:
    journeys = read_project(PERSONAS.parents[1])
    john = read_persona(PERSONAS / "john.yaml").value
    assert john is not None

    def greeted_by(persona: Persona) -> list[tuple[str, str]]:
        account = simulated_account()
        deployment = SimulatedDeployment.of(journeys.journeys, account, journeys.people)
        life = Simulator(deployment, persona.person(account)).play()
        return [(one.journey, one.channel) for one in life if isinstance(one, MessageSent)][:1]

    assert greeted_by(john) == [("welcome-back", PASSIVE)]
    bought_too_long_ago = replace(
        john, acts=(replace(john.acts[0], after=timedelta(days=-365)), john.acts[-1])
    )
    assert greeted_by(bought_too_long_ago) == []
    assert greeted_by(replace(john, acts=john.acts[-1:])) == []


def test_a_persona_lives_by_the_clock_of_their_own_zone(tmp_path: Path) -> None:
    lee = read(tmp_path, "starts: 2026-11-23T10:00\n").person(simulated_account())
    anne = read(tmp_path, "starts: 2026-11-23T10:00\ntime_zone: Europe/Paris\n").person(simulated_account())

    assert lee.start == datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert anne.start == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_what_is_known_beforehand_and_what_wechat_tells_later(tmp_path: Path) -> None:
    text = """
tags: [vip]
points: 70
balances: {points: {unclaimed: 30, expiring: 20, expires_on: 2026-12-31}, stamps: {available: 3}}
attributes: {city: Paris}
dates: {birthday: 2026-12-01}
grants: {T1: 2}
acts: [{follow: {source: article}}]
answers: {size: {say: L, in: 2h}}
"""
    person = read(tmp_path, text).person(simulated_account())

    assert person.before.tags == {"vip"}
    assert person.before.points == 70
    assert person.before.balances == {
        "points": Balance(70, unclaimed=30, expiring=20, expires_on="2026-12-31"),
        "stamps": Balance(3),
    }
    assert person.before.attributes == {"city": "Paris"}
    assert person.before.dates == {"birthday": "2026-12-01"}
    assert person.before.source is None
    assert person.known.source == "article"
    assert person.grants == {"T1": 2}
    assert person.answers == {"size": ScriptedEvent(timedelta(hours=2), body("text", text="L"))}


@pytest.mark.parametrize("path", sorted(PERSONAS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_personas_of_this_repository_have_no_mistakes(path: Path) -> None:
    assert read_persona(path).mistakes == ()


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(file, id=str(file.relative_to(ROOT)))
        for folder in ("infra", "examples", "workbench/gallery")
        for file in sorted((ROOT / folder).rglob("personas/*.yaml"))
    ],
)
def test_no_persona_of_the_repository_has_a_mistake(file: Path) -> None:
    assert read_persona(file).mistakes == ()
