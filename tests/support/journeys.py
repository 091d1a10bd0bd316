"""Journeys made up by hypothesis: small, of all kinds of steps, and what their followers do."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.support.asl import Act, join, say, tap, unfollow
from wejourney.domain.errors import ContentRejectedError, WeChatBusyError, WeChatError, WindowClosedError
from wejourney.domain.journeys import (
    Ask,
    Award,
    Branch,
    Case,
    Condition,
    Journey,
    Send,
    Step,
    Stop,
    Tag,
    Trigger,
    Untag,
    Wait,
)
from wejourney.domain.messages import Content, Menu, MenuItem, Text

TAGS = ("a", "b", "c")
QUESTIONS = ("q", "r")
CHOICES = {"yes": ("1", "好"), "no": ("2",)}

_tags = st.lists(st.sampled_from(TAGS), min_size=1, max_size=2, unique=True).map(tuple)
_contents: st.SearchStrategy[Content] = st.one_of(
    st.sampled_from(["hi", "你好", 'a "quoted" one', "back\\slash\n"]).map(lambda text: Text({"any": text})),
    st.just(Menu({"any": "?"}, (MenuItem("yes", {"any": "好"}), MenuItem("no", {"any": "no"})))),
)
_hours = st.integers(1, 40).map(lambda hours: hours * 3600)

_simple_conditions = st.one_of(
    st.builds(Condition, tags=_tags),
    st.builds(Condition, without_tags=_tags),
    st.builds(Condition, member=st.booleans()),
    st.builds(Condition, language=st.sampled_from(["en", "zh"])),
    st.builds(Condition, source=st.sampled_from(["qr", "article"])),
    st.builds(Condition, scene=st.sampled_from(["store-*", "store-SH01", "*", "a*(1)", "*/x"])),
    st.builds(
        Condition,
        answers=st.dictionaries(
            st.sampled_from(QUESTIONS), st.sampled_from([*CHOICES, "other"]), min_size=1, max_size=1
        ),
    ),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    _simple_conditions,
    lambda inner: st.one_of(
        st.builds(Condition, none=inner, tags=st.just(()) | _tags),
        st.builds(Condition, any=st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)

_leaves: st.SearchStrategy[Step] = st.one_of(
    st.builds(Send, _contents),
    st.builds(Tag, _tags),
    st.builds(Untag, _tags),
    st.builds(Award, st.integers(1, 9), st.just('for "it" 分')),
    st.builds(Wait, _hours),
    st.builds(Stop, st.sampled_from(["enough", 'said "no"', "够了"])),
)


def _nested(steps: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
    path = st.lists(steps, max_size=3).map(tuple)
    cases = st.lists(st.builds(Case, conditions, path), min_size=1, max_size=2).map(tuple)
    return st.one_of(
        st.builds(Branch, cases, path),
        st.builds(Send, _contents, not_sent=path),
        st.builds(
            Ask,
            st.sampled_from(QUESTIONS),
            _hours,
            _contents,
            st.sampled_from([{}, CHOICES]),
            path,
            st.none() | path,
        ),
    )


# Two levels of paths in paths; deferred, because a strategy prints all that it is made of.
_shallow = st.deferred(lambda: _leaves | _nested(_leaves))
_deep = st.deferred(lambda: _leaves | _nested(_shallow))
_steps = st.lists(_deep, max_size=5).map(tuple)
_first = st.one_of(
    st.just(()), st.builds(Ask, st.just("q"), _hours, choices=st.just(CHOICES)).map(lambda ask: (ask,))
)

journeys: st.SearchStrategy[Journey] = st.builds(
    lambda first, steps: Journey(
        "random", {"any": "R"}, Trigger("follow"), (*first, *steps), opening=Text({"any": "welcome"})
    ),
    _first,
    _steps,
)

_moments = st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))
_acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(say, st.sampled_from(["1", "好", "2", "well"]), _moments),
    st.builds(tap, st.sampled_from(["yes", "no"]), _moments),
)
behaviours: st.SearchStrategy[list[Act]] = st.builds(
    lambda acts, joins, leaves: [*acts, *joins, *leaves],
    st.lists(_acts, max_size=6, unique_by=lambda act: act.after),
    st.just([]) | st.builds(join, _moments).map(lambda act: [act]),
    st.just([]) | st.builds(unfollow, _moments).map(lambda act: [act]),
)

troubles: st.SearchStrategy[list[WeChatError | None]] = st.lists(
    st.sampled_from(
        [
            None,
            None,
            WeChatBusyError(-1, "busy"),
            WindowClosedError(45015, ""),
            ContentRejectedError(45002, ""),
        ]
    ),
    max_size=5,
)
