"""Journeys made up by hypothesis: small, of all kinds of steps, and how their followers live."""

from collections.abc import Callable
from datetime import timedelta
from random import Random

from hypothesis import strategies as st

from tests.support.examples.steps import COUPON
from tests.support.virtual_time.asl import (
    Act,
    click,
    close_chat,
    follow,
    join,
    note,
    say,
    scan,
    send_media,
    tap,
    tell,
    unfollow,
    view,
)
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.errors import ContentRejectedError, WeChatBusyError, WeChatError, WindowClosedError
from wejourney.events.matching import EventCount, EventPattern, Property
from wejourney.events.values import IsKnown, NumberRange, Wanted
from wejourney.journeys.definition import GOAL_WITHIN, Again, Condition, DayHours, Exit, QuietHours, Trigger
from wejourney.messaging.contents import Content, Menu, MenuItem, Text
from workbench.language.journey import Journey
from workbench.language.languages import with_languages
from workbench.language.step_types import (
    Agree,
    Ask,
    Award,
    Branch,
    Case,
    EndJourney,
    Give,
    HandOver,
    Notify,
    Repeat,
    Send,
    Set,
    Share,
    Split,
    StartJourney,
    Step,
    Stop,
    Tag,
    Untag,
    Wait,
    WaitDate,
    WaitEvent,
    WaitUntil,
    Withdraw,
)

TAGS = ("a", "b", "c")
QUESTIONS = ("q", "r")
NAMES = ("m", "n")
CHOICES = {"yes": ("1", "好"), "no": ("2",)}
OTHER_JOURNEY = "other"
LIVES = 3

_tags = st.lists(st.sampled_from(TAGS), min_size=1, max_size=2, unique=True).map(tuple)
_texts = st.sampled_from(
    [
        *("hi", "你好", 'a "quoted" one', "back\\slash\n"),
        *(
            "{answer.q|none}",
            "{points|0}/{attribute.size|?}",
            "{date.booking|soon}",
            "{coupon.welcome-10|none}",
        ),
    ]
)
_contents: st.SearchStrategy[Content] = st.one_of(
    _texts.map(lambda text: Text({"any": text})),
    st.just(Menu({"any": "?"}, (MenuItem("yes", {"any": "好"}), MenuItem("no", {"any": "no"})))),
)
# Few lengths, so that what is due and what is done often meet.
_hours = st.sampled_from([1, 2, 3, 8, 24, 40]).map(lambda hours: hours * 3600)
_minutes = st.sampled_from([0, 9 * 60, 12 * 60 + 30, 23 * 60 + 59])
KEYWORDS = (("1",), ("well", "2"), ("*",), ("stop", "退订"))

patterns: st.SearchStrategy[EventPattern] = st.one_of(
    st.builds(EventPattern, st.just("text"), keywords=st.sampled_from(KEYWORDS)),
    st.builds(EventPattern, st.just("click"), key=st.just("MENU")),
    st.builds(EventPattern, st.sampled_from(["view", "image", "location"])),
    st.builds(EventPattern, st.just("scan"), scene=st.none() | st.just("store-*")),
    st.builds(EventPattern, st.just("tag"), name=st.sampled_from(TAGS)),
    st.builds(EventPattern, st.just("points"), at_least=st.integers(1, 12)),
    st.builds(EventPattern, st.sampled_from(["payment", "refund"]), at_least=st.none() | st.just(100)),
    st.builds(
        EventPattern,
        st.just("payment"),
        properties=st.sampled_from(
            [(Property("total", one),) for one in (NumberRange(100), NumberRange(None, 100), "５０")]
        ),
    ),
    st.builds(
        EventPattern,
        st.just("mini_program"),
        name=st.just("cart.*"),
        properties=st.sampled_from(
            [(Property("value", NumberRange(20_000)), Property("delivery", "express")), ()]
        ),
    ),
)

_counts = st.builds(
    EventCount,
    patterns,
    st.integers(1, 2),
    st.sampled_from([None, None, 7]),
    st.sampled_from(["run", "ever", *NAMES, *QUESTIONS]),
)
wanted_values: st.SearchStrategy[Wanted] = st.one_of(
    st.sampled_from(["1", "１。", "Well"]),
    st.builds(NumberRange, st.sampled_from([None, 0, 2]), st.sampled_from([2, 10**12])),
    st.builds(IsKnown, st.booleans()),
)
_profile_conditions = st.one_of(
    st.builds(Condition, tags=_tags),
    st.builds(Condition, without_tags=_tags),
    st.builds(Condition, member=st.booleans()),
    st.builds(Condition, language=st.sampled_from(["en", "zh", "zh-TW"])),
    st.builds(Condition, source=st.sampled_from(["qr", "article"])),
    st.builds(Condition, scene=st.sampled_from(["store-*", "store-SH01", "*", "a*(1)", "*/x"])),
    st.builds(Condition, points_from=st.integers(1, 12)),
    st.builds(Condition, points_to=st.integers(0, 12)),
    st.builds(Condition, attributes=st.fixed_dictionaries({"size": wanted_values})),
    st.builds(Condition, dates=st.just(("booking",))),
    st.builds(Condition, without_dates=st.just(("booking",))),
)
_answer_conditions = st.builds(
    Condition,
    answers=st.dictionaries(
        st.sampled_from(QUESTIONS),
        st.sampled_from([*CHOICES, "other"]) | wanted_values,
        min_size=1,
        max_size=1,
    ),
)
_simple_conditions = st.one_of(
    _profile_conditions,
    _answer_conditions,
    st.builds(Condition, events=st.lists(_counts, min_size=1, max_size=2).map(tuple)),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    _simple_conditions,
    lambda inner: st.one_of(
        st.builds(Condition, none=inner, tags=st.just(()) | _tags),
        st.builds(Condition, any=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)
_ways_out = st.one_of(
    st.builds(Condition, tags=_tags),
    st.builds(Condition, points_from=st.integers(3, 20)),
    st.builds(Condition, attributes=st.fixed_dictionaries({"size": st.sampled_from(["1", NumberRange(2)])})),
    st.builds(lambda one: Condition(events=(EventCount(one),)), patterns),
)

_purposes = st.sampled_from(["news", "care"])
_tagging: st.SearchStrategy[Step] = st.builds(Tag, _tags) | st.builds(Untag, _tags)
_at_once: st.SearchStrategy[Step] = st.one_of(
    st.builds(Send, _contents, name=st.none() | st.sampled_from(NAMES)),
    _tagging,
    st.builds(Send, _contents, consent=_purposes),
    st.builds(Agree, _purposes, st.just("1")) | st.builds(Withdraw, _purposes),
    st.builds(Award, st.integers(1, 9), st.just('for "it" 分')),
    st.builds(
        Set,
        st.sampled_from(
            [
                {"size": "{answer.q|}"},
                {"size": "1", "language": "zh"},
                {"language": "zh_HK"},
                {"language": "fr"},
                {"date.booking": "2026-11-24T12:00"},
                {"time_zone": "Europe/Paris"},
                {"time_zone": "{answer.q|}"},
            ]
        ),
    ),
    st.builds(Notify, st.just("store"), st.builds(lambda text: {"any": text}, _texts)),
    st.builds(Give, st.sampled_from(["coupon", "offer"]), st.just("SPRING")),
    st.just(Give("coupon", "welcome-10", COUPON, "Asia/Shanghai")),
    st.builds(StartJourney, st.just(OTHER_JOURNEY)),
    st.builds(EndJourney, st.just(OTHER_JOURNEY)),
)
_leaves = st.one_of(
    _at_once,
    st.builds(Wait, _hours),
    st.builds(WaitUntil, _minutes, st.none() | st.integers(0, 6)),
    st.builds(HandOver, st.just("stylist"), _hours),
)
_stops: st.SearchStrategy[Step] = st.builds(
    Stop, st.sampled_from(["enough", 'said "no"', "够了"]), st.booleans()
)


_known_conditions = st.one_of(
    st.builds(Condition, tags=_tags), st.builds(Condition, without_tags=_tags), _answer_conditions
)


def _branches(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    path = st.lists(steps, max_size=2).map(tuple)
    first = st.builds(Case, _known_conditions, st.lists(steps, min_size=1, max_size=2).map(tuple))
    others = st.lists(st.builds(Case, _known_conditions, path), max_size=2)
    return st.builds(lambda first, others, last: Branch((first, *others), last), first, others, path)


# Whose paths go on at once, unless the inner one sees what the outer one has changed.
_quick_branches = st.deferred(lambda: _branches(_at_once) | _branches(_at_once | _branches(_at_once)))


def _nested(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    path = st.builds(
        lambda steps, ends: (*steps, *ends),
        st.lists(steps, min_size=1, max_size=3),
        st.just([]) | st.just([]) | st.lists(_stops, min_size=1, max_size=1),
    )
    cases = st.lists(st.builds(Case, conditions, path), min_size=1, max_size=2).map(tuple)
    return st.one_of(
        st.builds(Branch, cases, path),
        st.builds(_split, st.sampled_from(NAMES), st.integers(1, 99), path, path),
        st.builds(Send, _contents, not_sent=path),
        st.builds(
            Ask,
            st.sampled_from(QUESTIONS),
            _hours,
            st.none() | _contents,
            st.sampled_from([{}, CHOICES]),
            path,
            st.none() | path,
        ),
        st.builds(
            Ask,
            st.sampled_from(QUESTIONS),
            _hours,
            _contents,
            parse=st.sampled_from(["number", "phone", "date"]),
            retries=st.integers(0, 2),
            unanswered=path,
        ),
        st.builds(WaitEvent, patterns, _hours, st.sampled_from(["step", "entry"]), path),
        st.builds(Repeat, _hours, st.integers(2, 3), _profile_conditions, path.filter(bool)),
        st.builds(
            WaitDate,
            st.just("booking"),
            _hours,
            st.sampled_from([0, -7200, 86_400, -3 * 86_400]),
            st.none() | _minutes,
            path,
            st.none() | path,
            st.booleans(),
        ),
    )


def _split(name: str, percent: int, first: tuple[Step, ...], second: tuple[Step, ...]) -> Split:
    return Split(name, (Share(percent, first), Share(100 - percent, second)))


# Two levels of paths in paths; deferred, because a strategy prints all that it is made of.
_shallow = st.deferred(lambda: _leaves | _quick_branches | _nested(_leaves))
_deep = st.deferred(lambda: _leaves | _quick_branches | _nested(_shallow) | _nested(_leaves))
_questions = st.builds(Ask, st.sampled_from(QUESTIONS), _hours, _contents, st.just(CHOICES))
_steps = st.lists(_deep, min_size=3, max_size=7).map(tuple)
steps_around_branches: st.SearchStrategy[tuple[Step, ...]] = st.deferred(
    lambda: st.tuples(_questions, _tagging, _quick_branches, _leaves, _tagging, _branches(_at_once), _at_once)
)
"""The last branch is always one that a task can decide; a tag before it may matter to it."""
_first = st.one_of(
    st.just(()), st.builds(Ask, st.just("q"), _hours, choices=st.just(CHOICES)).map(lambda ask: (ask,))
)
_calm_sunday = (DayHours(0, 0, 9 * 60), DayHours(1, 13 * 60, 13 * 60), DayHours(6, 0, 24 * 60))
_quiet = st.none() | st.sampled_from(
    [
        QuietHours(22 * 60, 8 * 60),
        QuietHours(12 * 60, 14 * 60),
        QuietHours(22 * 60, 8 * 60, _calm_sunday),
        QuietHours(0, 0, (DayHours(0, 20 * 60, 12 * 60), DayHours(2, 0, 24 * 60))),
    ]
)
_again = st.one_of(
    st.just(Again()),
    st.just(Again("never")),
    st.just(Again("after", 20 * 3600)),
    st.just(Again("per", key="order")),
)
_exits = st.lists(st.builds(Exit, _ways_out, st.just("works here")), max_size=1).map(tuple)

TRIGGERS: dict[str, tuple[Trigger, Act]] = {
    "follow": (Trigger("follow"), follow("store-SH01")),
    "scan": (Trigger("scan", scene="store-*"), scan("store-SH01", timedelta())),
    "text": (Trigger("text", keywords=("hello",)), say("hello", timedelta())),
    "image": (Trigger("image"), send_media("image", timedelta())),
    "click": (Trigger("click", key="BEGIN"), click("BEGIN", timedelta())),
    "view": (Trigger("view"), view("https://x", timedelta())),
    "tag": (Trigger("tag", name="z"), tell("tag", timedelta(), tag="z")),
    "points": (Trigger("points", at_least=5), tell("points", timedelta(), before=1, points=7)),
    "payment": (Trigger("payment"), tell("payment", timedelta(), order="A", total=500)),
    "segment": (Trigger("segment", name="gold"), tell("segment", timedelta(), segment="gold")),
    "check_in": (Trigger("check_in", name="x"), tell("check_in", timedelta(), name="x")),
    "consent_given": (
        Trigger("consent_given", name="x"),
        tell("consent_given", timedelta(), purpose="x"),
    ),
    "consent_withdrawn": (
        Trigger("consent_withdrawn", name="x"),
        tell("consent_withdrawn", timedelta(), purpose="x"),
    ),
    "tier.changed": (Trigger("tier.changed", name="x"), tell("tier.changed", timedelta(), tier="x")),
    "member.joined": (Trigger("member.joined"), tell("member.joined", timedelta())),
    "gift.claimed": (Trigger("gift.claimed"), tell("gift.claimed", timedelta(), units=5)),
    "gift.returned": (Trigger("gift.returned"), tell("gift.returned", timedelta(), units=5)),
    "upload.approved": (Trigger("upload.approved"), tell("upload.approved", timedelta(), upload="U")),
    "upload.rejected": (Trigger("upload.rejected"), tell("upload.rejected", timedelta(), upload="U")),
    "mini_program": (Trigger("mini_program", name="x"), tell("mini_program", timedelta(), name="x")),
}
"""A trigger for every kind of event, and what sets it off at the start."""

_SAID = ("follow", "scan", "text", "image", "click")


@st.composite
def journeys_with_starts(
    draw: st.DrawFn, steps: st.SearchStrategy[tuple[Step, ...]] = _steps
) -> tuple[Journey, Act]:
    """A journey, and the act that starts it."""
    trigger, start = TRIGGERS[draw(st.sampled_from(list(TRIGGERS)))]
    again = draw(_again)
    if again.mode == "per" and trigger.event != "payment":
        again = Again()
    opening = Text({"any": "welcome"}) if trigger.event in _SAID and draw(st.booleans()) else None
    first = draw(_first) if opening is not None else ()
    journey = Journey(
        "random",
        {"any": "R"},
        trigger,
        (*first, *draw(steps)),
        opening=opening,
        again=again,
        quiet=draw(_quiet),
        goal=draw(st.none() | _ways_out),
        goal_within=draw(st.sampled_from([3600, 20 * 3600, GOAL_WITHIN])),
        exits=draw(_exits),
    )
    return with_languages(journey), start


journeys: st.SearchStrategy[Journey] = journeys_with_starts().map(lambda made: made[0])

OTHER = Journey(
    OTHER_JOURNEY,
    {"any": "O"},
    Trigger("journey"),
    (Tag(("b",)), Wait(3600), Send(Text({"any": "from the other"})), Wait(7200), Tag(("c",))),
    exits=(Exit(Condition(events=(EventCount(EventPattern("text", keywords=("stop",))),)), "no more"),),
)
"""The journey that others start and end."""

_MOMENTS = [
    timedelta(hours=hours, minutes=minutes)
    for hours in (0, 1, 2, 3, 4, 5, 8, 9, 13, 24, 25, 26, 34, 40, 48, 60)
    for minutes in (0, 1, 2, 30, 59)
    if hours or minutes
]
_SAYINGS = ("1", "好", "2。", "Well!", "\u202d138-0000 0000\u202c", "hello", "STOP!", "【退訂】")
_BOOKINGS = ("2026-11-22", "2026-11-23T05:00", "2026-11-25T12:00", "2026-12-30", "", "9999-12-30")
_ZONES = ("Asia/Shanghai", "America/New_York", "Pacific/Auckland", "")
_CARTS: tuple[dict[str, str], ...] = (
    {},
    {"value": "19,999"},
    {"value": "20000", "delivery": "Express。"},
    {"value": "20000.5"},
)
_ACTS: tuple[Callable[[Random, timedelta], Act], ...] = (
    *[lambda random, after: say(random.choice(_SAYINGS), after)] * 4,
    lambda random, after: tap(random.choice(("yes", "no")), after),
    lambda random, after: scan("store-1", after),
    lambda random, after: click(random.choice(("MENU", "BEGIN")), after),
    lambda random, after: view("https://x", after),
    lambda random, after: close_chat(after),
    lambda random, after: send_media(random.choice(("image", "location")), after),
    lambda random, after: join(after),
    lambda random, after: note(after, date_booking=random.choice(_BOOKINGS)),
    lambda random, after: note(after, time_zone=random.choice(_ZONES)),
    lambda random, after: note(after, size=random.choice(("1", " １！", "2.5", "large", ""))),
    lambda random, after: tell("mini_program", after, name="cart.left", details=random.choice(_CARTS)),
    lambda random, after: tell("tag", after, tag=random.choice(TAGS)),
    *[
        lambda random, after: tell(
            random.choice(("payment", "refund")),
            after,
            order=random.choice(("A", "B", "")),
            total=random.choice((50, 500)),
        )
    ]
    * 2,
    lambda random, after: tell("mini_program", after, name="x", order=random.choice(("A", "B", ""))),
)
_ERRORS: tuple[WeChatError | None, ...] = (
    None,
    None,
    WeChatBusyError(-1, "busy"),
    WindowClosedError(45015, ""),
    ContentRejectedError(45002, ""),
)

type Lived = tuple[list[Act], list[WeChatError | None], str]
"""What a follower does, what WeChat answers, and its rules."""


def _life(random: Random) -> Lived:
    """One in five leaves: nothing happens after that, because who comes back is another person."""
    acts = [random.choice(_ACTS)(random, after) for after in random.sample(_MOMENTS, random.randint(5, 12))]
    if random.random() < 0.2:
        left = random.choice(_MOMENTS)
        acts = [*(act for act in acts if act.after < left), unfollow(left)]
    errors = random.choices(_ERRORS, k=random.randint(0, 5))
    return acts, errors, random.choice(sorted(RULE_SETS))


lives: st.SearchStrategy[list[Lived]] = st.randoms(use_true_random=True).map(
    lambda random: [_life(random) for _ in range(LIVES)]
)
"""Some, because a journey is dear to make; all from one seed, because draws of hypothesis are dear too."""
