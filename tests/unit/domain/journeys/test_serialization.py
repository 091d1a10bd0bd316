"""What is stored is what is loaded: parcelvoy #607, a wait lost its date on the way."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import APP_ID, OPENID
from wejourney.allowances.allowance_windows import Window
from wejourney.errors import MalformedEventError, NewerDataError
from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import BEGINNING, Position
from wejourney.journeys.action_types import (
    Action,
    AskAction,
    AwaitAction,
    AwardAction,
    BranchAction,
    BranchCase,
    CallAction,
    CheckAction,
    CloseAction,
    ConsentAction,
    CouponAction,
    DateSpec,
    PauseAction,
    QuietAction,
    SendAction,
    SetAction,
    TagAction,
    TellAction,
    UntilSpec,
    action_from_dict,
)
from wejourney.journeys.answers import Question
from wejourney.journeys.definition import Again, Condition, Exit, QuietHours, Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import Run
from wejourney.loyalty.benefits.coupons import CouponTerms
from wejourney.loyalty.benefits.discounts import Discount
from wejourney.messaging.contents import (
    Content,
    Image,
    Mass,
    Menu,
    MenuItem,
    MiniProgramCard,
    News,
    Notice,
    Template,
    Text,
)
from wejourney.people.followers import Follower
from wejourney.plain_data import fields_to_plain, from_plain, to_plain
from workbench.compiler.catalogue import entry_of
from workbench.compiler.state_machine import compile_journey
from workbench.compiler.versions import version_of
from workbench.language.journey import Journey
from workbench.language.step_types import Share, Split

NAMES = st.text(max_size=6)
SOME = st.none() | NAMES
NUMBERS = st.integers(0, 2000)
MAPS = st.dictionaries(NAMES, NAMES, max_size=2)
TUPLES = st.lists(NAMES, max_size=2).map(tuple)
MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))

PATTERNS = st.builds(
    EventPattern, scene=SOME, keywords=TUPLES, key=SOME, url=SOME, name=SOME, at_least=st.none() | NUMBERS
)
COUNTS = st.builds(EventCount, pattern=PATTERNS, at_least=NUMBERS, scope=NAMES)
# Inside other parts; what is nested deeper says no more and takes long to make up.
FLAT = st.builds(
    Condition,
    tags=TUPLES,
    answers=MAPS,
    events=st.lists(COUNTS, max_size=1).map(tuple),
    any=st.sampled_from([(), (Condition(), Condition(member=False))]),
    none=st.sampled_from([None, Condition(), Condition(none=Condition(points_from=0))]),
)
CONDITIONS = st.builds(
    Condition,
    tags=TUPLES,
    without_tags=TUPLES,
    customer=st.none() | st.booleans(),
    member=st.none() | st.booleans(),
    language=SOME,
    source=SOME,
    scene=SOME,
    segments=TUPLES,
    tier=SOME,
    points_from=st.none() | NUMBERS,
    points_to=st.none() | NUMBERS,
    attributes=MAPS,
    dates=TUPLES,
    answers=MAPS,
    events=st.lists(COUNTS, max_size=1).map(tuple),
    any=st.lists(FLAT, max_size=1).map(tuple),
    none=st.none() | FLAT,
)
TRIGGERS = st.builds(
    Trigger,
    scene=SOME,
    keywords=TUPLES,
    key=SOME,
    url=SOME,
    name=SOME,
    at_least=st.none() | NUMBERS,
    when=FLAT,
    offset=st.integers(-5, 5),
    time=st.none() | NUMBERS,
    weekday=st.none() | st.integers(0, 6),
)
AGAIN = st.builds(Again, seconds=NUMBERS, key=NAMES)
QUIET = st.builds(QuietHours, start=NUMBERS, end=NUMBERS)
EXITS = st.lists(st.builds(Exit, when=FLAT, reason=NAMES), max_size=2).map(tuple)
QUESTIONS = st.builds(
    Question,
    choices=st.dictionaries(NAMES, TUPLES, max_size=2),
    minimum=st.none() | NUMBERS,
    maximum=st.none() | NUMBERS,
)
ITEMS = st.lists(st.builds(MenuItem, id=NAMES, text=MAPS), max_size=2).map(tuple)
DATA = st.dictionaries(NAMES, MAPS, max_size=2)
CONTENTS: st.SearchStrategy[Content] = st.one_of(
    st.builds(Text, text=MAPS),
    st.builds(Image, media_id=NAMES),
    st.builds(News, title=MAPS, description=MAPS, url=NAMES, picture=NAMES),
    st.builds(MiniProgramCard, title=MAPS, app_id=NAMES, page=NAMES, picture=NAMES),
    st.builds(Menu, head=MAPS, items=ITEMS, tail=MAPS),
    st.builds(Template, template_id=NAMES, data=DATA, url=SOME),
    st.builds(Notice, template_id=NAMES, data=DATA, page=SOME),
    st.builds(Mass, text=MAPS),
)
DATES = st.builds(
    DateSpec,
    date=NAMES,
    within=NUMBERS,
    offset=st.integers(-5, 5),
    time=st.none() | NUMBERS,
    quiet=st.none() | QUIET,
)
UNTIL = st.builds(UntilSpec, time=NUMBERS, weekday=st.none() | st.integers(0, 6))
ACTIONS: dict[type[Action], st.SearchStrategy[Any]] = {
    SendAction: st.builds(SendAction, content=CONTENTS, raise_if_not_sent=st.booleans(), name=SOME),
    AskAction: st.builds(AskAction, content=st.none() | CONTENTS, question=QUESTIONS),
    AwaitAction: st.builds(
        AwaitAction,
        pattern=st.none() | PATTERNS,
        since_run_start=st.booleans(),
        date=st.none() | DATES,
        until=st.none() | UNTIL,
        quiet=st.none() | QUIET,
    ),
    CloseAction: st.builds(CloseAction, date=st.none() | DATES, until=st.none() | UNTIL),
    QuietAction: st.builds(QuietAction, quiet=QUIET),
    PauseAction: st.builds(
        PauseAction,
        seconds=NUMBERS,
        time=st.none() | NUMBERS,
        weekday=st.none() | st.integers(0, 6),
        date=st.none() | DATES,
        quiet=st.none() | QUIET,
    ),
    CheckAction: st.builds(CheckAction, conditions=st.dictionaries(NAMES, FLAT, max_size=2)),
    TagAction: st.builds(TagAction, add=TUPLES, remove=TUPLES),
    SetAction: st.builds(SetAction, values=MAPS),
    ConsentAction: st.builds(ConsentAction, given=st.booleans()),
    CouponAction: st.builds(
        CouponAction,
        terms=st.builds(CouponTerms, st.builds(Discount, percent=st.integers(1, 100)), NUMBERS, NUMBERS),
    ),
    AwardAction: st.builds(AwardAction),
    TellAction: st.builds(TellAction, fields=st.dictionaries(NAMES, NAMES | MAPS, max_size=2)),
    CallAction: st.builds(CallAction),
}
CASES = st.lists(
    st.builds(BranchCase, FLAT, st.lists(st.one_of(*ACTIONS.values()), max_size=2).map(tuple)), max_size=2
)
ACTIONS[BranchAction] = st.builds(BranchAction, cases=CASES.map(tuple), otherwise=st.just(()))
FOLLOWERS = st.builds(
    Follower,
    app_id=st.just(APP_ID),
    openid=st.just(OPENID),
    person_id=NAMES,
    following=st.booleans(),
    followed_at=st.none() | MOMENTS,
    contact_id=NAMES,
    lots=SOME,
    source=SOME,
    language=SOME,
    tags=st.frozensets(NAMES),
    points=st.integers(),
    tier=SOME,
    segments=st.frozensets(NAMES),
    attributes=MAPS,
    dates=MAPS,
    windows=st.lists(st.builds(Window, until=MOMENTS), max_size=2).map(tuple),
)
LATER = st.datetimes(datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MARKS = st.text("0123456789abcdef", max_size=32)
POSITIONS = st.builds(Position, second=LATER.map(lambda at: at.replace(microsecond=0)), mark=MARKS)
RUNS = st.builds(
    Run,
    follower=FOLLOWERS,
    answers=MAPS,
    coupons=MAPS,
    unsaid=st.none() | CONTENTS,
    key=NAMES,
    last_position=POSITIONS,
    start_position=POSITIONS,
    step_positions=st.dictionaries(NAMES, POSITIONS, max_size=2),
    draws=st.dictionaries(NAMES, NUMBERS, max_size=2),
    facts=st.dictionaries(NAMES, st.booleans(), max_size=2),
    until=st.none() | LATER.map(lambda at: at.replace(microsecond=0)),
    reached=st.booleans(),
)
ENTRIES = st.builds(
    JourneyEntry,
    trigger=TRIGGERS,
    opening=st.none() | CONTENTS,
    again=AGAIN,
    goal=st.none() | FLAT,
    exits=EXITS,
    holdout=st.integers(0, 100),
    splits=TUPLES,
    subscribed_kinds=TUPLES,
)


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


@given(PATTERNS)
def test_a_pattern_survives_its_stored_form(pattern: EventPattern) -> None:
    assert from_plain(EventPattern, through_json(to_plain(pattern))) == pattern


@settings(max_examples=40)
@given(CONDITIONS)
def test_a_condition_survives_its_stored_form(condition: Condition) -> None:
    assert from_plain(Condition, through_json(to_plain(condition))) == condition


def test_an_empty_condition_that_must_not_hold_is_not_lost() -> None:
    assert to_plain(Condition(none=Condition())) == {"none": {}}


@given(TRIGGERS)
def test_a_trigger_survives_its_stored_form(trigger: Trigger) -> None:
    assert from_plain(Trigger, through_json(to_plain(trigger))) == trigger


@given(EXITS, AGAIN, QUIET)
def test_the_rules_of_a_journey_survive_their_stored_forms(
    exits: tuple[Exit, ...], again: Again, quiet: QuietHours
) -> None:
    assert from_plain(tuple[Exit, ...], through_json(to_plain(exits))) == exits
    assert from_plain(Again, through_json(to_plain(again))) == again
    assert from_plain(QuietHours, through_json(to_plain(quiet))) == quiet


@given(CONTENTS)
def test_a_content_survives_its_stored_form(content: Content) -> None:
    assert from_plain(Content, through_json(to_plain(content))) == content


def test_every_kind_of_action_is_tried() -> None:
    assert ACTIONS.keys() == set(get_args(Action.__value__))


@pytest.mark.parametrize("kind", ACTIONS)
@settings(max_examples=40)
@given(st.data())
def test_an_action_survives_the_definition(kind: type[Action], data: st.DataObject) -> None:
    action = data.draw(ACTIONS[kind])
    assert action_from_dict(through_json(to_plain(action))) == action


def test_a_definition_leaves_out_defaults() -> None:
    assert to_plain(AskAction("2", "q")) == {"do": "ask", "step": "2", "name": "q"}
    assert to_plain(TagAction("3", add=("a",))) == {"do": "tag", "step": "3", "add": ["a"]}
    assert to_plain(PauseAction("1")) == {"do": "pause", "step": "1"}
    assert to_plain(SetAction("1", {})) == {"do": "set", "step": "1", "values": {}}


@pytest.mark.parametrize(
    "data", [{}, {"do": "send"}, {"do": "await", "step": "1", "pattern": {"scene": "x"}}]
)
def test_a_malformed_action_is_rejected(data: dict[str, Any]) -> None:
    with pytest.raises(MalformedEventError, match="not an action"):
        action_from_dict(data)


@pytest.mark.parametrize(
    "data",
    [
        {"do": "dance"},
        {"do": "tag", "step": "1", "colour": "red"},
        {"do": "send", "step": "1", "content": {"kind": "smell"}},
    ],
)
def test_an_action_of_a_later_version_is_tried_again_when_the_function_is_updated(
    data: dict[str, Any],
) -> None:
    with pytest.raises(NewerDataError):
        action_from_dict(data)


@given(FOLLOWERS)
def test_a_follower_survives_a_run(follower: Follower) -> None:
    assert from_plain(Follower, through_json(follower.to_snapshot())) == follower


@settings(max_examples=40)
@given(RUNS)
def test_a_run_survives_its_states(run: Run) -> None:
    assert Run.from_dict(through_json(run.to_dict())) == run


SPOILED: tuple[Any, ...] = (None, "x", 5, True, [], ["x"], [5], {}, {"x": 5})
"""What may stand in the place of any part of stored data that something else has written."""


def spoiled(data: Any) -> Iterator[Any]:
    """The data with each of its parts replaced, one at a time, and missing."""
    yield from SPOILED
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for place, part in parts:
        yield from (copy_with(data, place, other) for other in spoiled(part))


def copy_with(data: Any, place: Any, part: Any) -> Any:
    copy = data.copy()
    copy[place] = part
    return copy


@pytest.mark.parametrize(
    ("kind", "strategy"),
    [
        (Run, RUNS),
        (Follower, FOLLOWERS),
        (JourneyEntry, ENTRIES),
        *((Action, value) for value in ACTIONS.values()),
    ],
)
@settings(max_examples=4)
@given(st.data())
def test_stored_data_of_another_shape_is_read_or_raises_one_of_three_errors(
    kind: Any, strategy: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    """Callers name them: a row becomes an unreadable follower, a task a malformed event."""
    read = Run.from_dict if kind is Run else partial(from_plain, kind)
    for other in spoiled(through_json(to_plain(data.draw(strategy)))):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            read(other)


@given(LATER)
def test_a_wait_state_gets_whole_seconds_and_nothing_happens_early(until: datetime) -> None:
    run = Run("id", "j", "v", BEGINNING, Follower(APP_ID, OPENID, "p"), until=until)
    written = run.to_dict()["until"]
    read = datetime.fromisoformat(written)
    assert written == f"{read:%Y-%m-%dT%H:%M:%SZ}"
    assert 0 <= (read - until).total_seconds() < 1


@settings(max_examples=40)
@given(ENTRIES)
def test_an_entry_survives_the_catalogue(entry: JourneyEntry) -> None:
    assert from_plain(JourneyEntry, through_json(fields_to_plain(entry, whole=True))) == entry


def test_the_entry_of_a_journey_is_what_its_file_says() -> None:
    rules: dict[str, Any] = {
        "trigger": Trigger("follow"),
        "opening": Text(text={"any": "hi"}),
        "again": Again("never"),
        "goal": Condition(member=True),
        "exits": (Exit(Condition(tags=("staff",)), "works here"),),
        "holdout": 10,
    }
    teaser = Split("teaser", (Share(100),))
    journey = Journey("welcome", {"en": "Welcome"}, steps=(teaser,), quiet=QuietHours(0, 60), **rules)
    assert entry_of(journey) == JourneyEntry(
        "welcome",
        version_of(journey),
        longest=compile_journey(journey, "made-up.yaml")["TimeoutSeconds"],
        splits=("teaser",),
        subscribed_kinds=("profile", "tag"),
        **rules,
    )
