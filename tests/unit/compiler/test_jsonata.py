import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonata.jsonata import Jsonata

from wejourney.events.matching import EventCount, EventPattern
from wejourney.events.positions import BEGINNING
from wejourney.events.values import IsKnown, NumberRange, Wanted
from wejourney.journeys.chance import draw
from wejourney.journeys.conditions import NOTHING, holds
from wejourney.journeys.definition import Condition, Trigger
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.people.followers import Follower
from workbench.compiler.jsonata import drawn_below, expression_of, looks_at_profile, needs_task
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.step_types import Ask, Step, Tag

NAMES = ("a", "b", 'c "quoted"')
ANSWERS = ("yes", "no", "other", "7")
SCENES = ("store-*", "store-SH01", "*", "a*(1)", "*/x")
LANGUAGES = st.sampled_from(["en", "en-GB", "zh", "zh-Hans", "zh-Hant", "zh-TW", "zh-CN"])
SOME_LANGUAGES = st.lists(LANGUAGES, unique=True).map(tuple)

_some = st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True).map(tuple)
_wanted = st.one_of(
    st.sampled_from([*ANSWERS, "YES!"]),
    st.builds(NumberRange, st.none() | st.integers(5, 8), st.none() | st.integers(6, 9)),
    st.builds(IsKnown, st.booleans()),
)
_simple = st.one_of(
    st.builds(Condition, tags=_some),
    st.builds(Condition, without_tags=_some),
    st.builds(Condition, segments=_some),
    st.builds(Condition, dates=_some),
    st.builds(Condition, without_dates=_some),
    st.builds(Condition, member=st.booleans(), customer=st.none() | st.booleans()),
    st.builds(Condition, language=LANGUAGES, among=SOME_LANGUAGES, written=SOME_LANGUAGES),
    st.builds(Condition, source=st.sampled_from(["qr", "article"])),
    st.builds(Condition, tier=st.sampled_from(["gold", "silver"])),
    st.builds(Condition, scene=st.sampled_from(SCENES)),
    st.builds(Condition, points_from=st.none() | st.integers(-5, 5), points_to=st.integers(-5, 5)),
    st.builds(Condition, attributes=st.dictionaries(st.sampled_from(NAMES), _wanted)),
    st.builds(Condition, answers=st.dictionaries(st.sampled_from(["q", "r"]), _wanted)),
    st.builds(Condition, events=st.just((EventCount(EventPattern("view")),))),
    st.builds(Condition, events=st.just((EventCount(EventPattern("scan"), at_least=0),))),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    _simple,
    lambda inner: st.one_of(
        st.builds(Condition, none=inner, tags=st.just(()) | _some),
        st.builds(Condition, any=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)
followers = st.builds(
    Follower,
    st.just("wx"),
    st.just("lee"),
    st.just("p"),
    tags=st.frozensets(st.sampled_from(NAMES)),
    segments=st.frozensets(st.sampled_from(NAMES)),
    member=st.booleans(),
    customer=st.booleans(),
    language=st.none() | LANGUAGES | st.sampled_from(["zh_TW", "fr", "zh-HK", "?"]),
    account_language=LANGUAGES,
    tier=st.sampled_from([None, "gold"]),
    source=st.sampled_from([None, "qr", "article"]),
    scene=st.sampled_from([None, "store-SH01", "a-b(1)", "/x", "null", "店\n/x"]),
    points=st.integers(-5, 5),
    attributes=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ANSWERS)),
    dates=st.dictionaries(st.sampled_from(NAMES), st.just("2026-12-01")),
)
_chosen = st.sampled_from(ANSWERS) | st.builds(IsKnown, st.booleans())
answers = st.dictionaries(st.sampled_from(["q", "r"]), st.sampled_from(ANSWERS))


def evaluated(expression: str, run: Run) -> object:
    made = Jsonata(expression.replace("$states.", "$$."))
    # Step Functions adds it: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
    made.register_lambda("hash", lambda text, _algorithm: hashlib.sha256(text.encode()).hexdigest())
    return made.evaluate({"input": run.to_dict()})


@settings(max_examples=300, deadline=None)
@given(conditions, followers, answers)
def test_an_expression_holds_when_its_condition_does(
    condition: Condition, follower: Follower, given_answers: dict[str, str]
) -> None:
    verdict = holds(condition, follower, given_answers, NOTHING)
    facts = {"3.case1": verdict} if needs_task(condition, ()) else {}
    run = Run("r", "j", "v", BEGINNING, follower, given_answers, facts=facts)

    assert evaluated(expression_of(condition, "3.case1"), run) is verdict


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["q", "r"]), _chosen, min_size=1), st.sampled_from("=!"), answers)
def test_answers_that_are_choices_need_no_task(
    wanted: dict[str, Wanted], sign: str, given_answers: dict[str, str]
) -> None:
    condition = Condition(answers=wanted) if sign == "=" else Condition(none=Condition(answers=wanted))
    run = Run("r", "j", "v", BEGINNING, Follower("wx", "lee", "p"), given_answers)

    assert not needs_task(condition, {"q", "r"})
    found = evaluated(expression_of(condition, "3.case1", {"q", "r"}), run)
    assert found is holds(condition, None, given_answers, NOTHING)


def test_a_condition_on_events_that_no_task_has_checked_does_not_hold() -> None:
    run = Run("r", "j", "v", BEGINNING, Follower("wx", "lee", "p"))
    viewed = Condition(events=(EventCount(EventPattern("view")),))

    assert evaluated(expression_of(viewed, "1.case1"), run) is False


PEOPLE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)


@given(PEOPLE, st.sampled_from(["half", "welcome-back#tone", 'a "quoted" 名字']))
def test_a_definition_draws_as_the_runtime_does_whatever_the_run_was_started_with(
    person: str, name: str
) -> None:
    run = Run("r", "j", "v", BEGINNING, Follower("wx", "lee", person))
    drawn = draw(person, name)

    assert evaluated(drawn_below(name, drawn + 1), run) is True
    assert evaluated(drawn_below(name, drawn), run) is False


def test_answers_and_events_are_no_part_of_the_profile() -> None:
    spoken = Condition(answers={"q": "yes"}, events=(EventCount(EventPattern("view")),))

    assert not looks_at_profile(Condition(any=(spoken,), none=spoken))
    assert looks_at_profile(Condition(any=(spoken, Condition(none=Condition(points_to=3)))))


def test_a_question_is_asked_again_by_its_answer_and_not_by_a_verdict_that_no_task_has_left() -> None:
    number = Ask("size", 3600, Text({"any": "Which size?"}), parse="number", retries=1)
    steps: tuple[Step, ...] = (number, Tag(("told",)))
    machine = compile_journey(Journey("sizes", {"any": "T"}, Trigger("follow"), steps), "sizes.yaml")
    choices = [state["Choices"] for state in machine["States"].values() if state["Type"] == "Choice"]
    [[rule]] = choices
    expression = rule["Condition"].removeprefix("{%").removesuffix("%}")
    for answer in ("other", "52"):
        run = Run("r", "j", "v", BEGINNING, Follower("wx", "lee", "p"), {"size": answer})
        assert evaluated(expression, run) is (answer == "other")
