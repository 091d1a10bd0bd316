"""In each field `*` is a pattern or a mistake at its place; so are braces that look like a merge field."""

import string
from collections.abc import Iterator

import pytest

from wejourney.events.event_fields import EXACT
from wejourney.events.event_types import EVENT_TYPES, NARROWING_FIELDS, OF_THE_CALENDAR
from wejourney.events.text_matching import matches_glob
from workbench.language.condition_fields import CONDITION_FIELDS
from workbench.language.mistakes import Mistake
from workbench.language.reading import read_text
from workbench.language.step_fields import STEP_FIELDS

HEAD = "title: T\ntrigger: {event: follow}\nsteps:\n"
ASK = "  - ask: {name: q, within: 1h}\n"
END = "        steps: [{tag: z}]\n  - tag: y\n"

PATTERN_EVENT_FIELDS = {"scene", "keywords", "url", "name", "tag", "journey", "segment", "tier"}
NUMBERS = {"near", "points", "total", "before", "after", "at", "every"}

CONDITIONS = {
    "tag": "{tag: @}",
    "without_tag": "{without_tag: @}",
    "segment": "{segment: [a, @]}",
    "offer": "{offer: [a, @]}",
    "tier": "{tier: @}",
    "attribute": "{attribute: {city: @}}",
    "date": "{date: @}",
    "answer": "{answer: {q: @}}",
    "source": "{source: @}",
    "language": "{language: @}",
    "event": "{event: {event: mini_program, name: a, property: {size: @}}}",
    "any": "{any: [{tier: @}, {tag: a}]}",
    "not": "{not: {attribute: {city: @}}}",
}
"""The fields of a condition that are compared as they are."""

STEPS = {
    "tag": "tag: @",
    "untag": "untag: [a, @]",
    "start": "start: @",
    "end": "end: @",
    "wait": "wait: {date: @, within: 1d}",
    "ask": "ask: {name: p, choices: {a: @}, within: 1h}",
}
"""The steps with a text that is compared as it is."""

MERGED = {
    "send": "send: {text: @}",
    "notify": "notify: {staff: @, text: a}",
    "hand_over": "hand_over: {staff: @, within: 1h}",
    "set": "set: {city: @}",
}
"""The steps with a text that takes merge fields."""

UNMERGED = {
    **STEPS,
    "coupon": "coupon: @",
    "offer": "offer: @",
    "award": "award: {points: 1, reason: @}",
    "stop": "stop: @",
    "agree": "agree: @",
    "withdraw": "withdraw: @",
    "goal": "goal: @",
    "split": "split: {name: @, shares: [{percent: 50}, {percent: 50}]}",
    "branch": "branch: [{when: {attribute: {city: @}}, steps: [{tag: b}]}]",
    "repeat": "repeat: {every: 1d, times: 2, until: {attribute: {city: @}}, steps: [{tag: b}]}",
    "image": "send: {image: @}",
    "news url": "send: {news: {title: a, description: b, url: @, picture: 'https://a.b/c'}}",
    "news picture": "send: {news: {title: a, description: b, url: 'https://a.b/c', picture: @}}",
    "mini program page": "send: {mini_program: {title: a, app_id: b, page: @, picture: c}}",
    "mini program app": "send: {mini_program: {title: a, app_id: @, page: b, picture: c}}",
    "mini program picture": "send: {mini_program: {title: a, app_id: b, page: c, picture: @}}",
    "template id": "send: {template: {id: @, data: {thing1: a}}, purpose: service}",
    "template url": "send: {template: {id: a, url: @, data: {thing1: a}}, purpose: service}",
    "template field": "send: {template: {id: a, data: {@: a}}, purpose: service}",
    "notice page": "send: {notice: {id: a, page: @, data: {thing1: a}}, purpose: service}",
    "name of a message": "send: {text: a, name: @}",
    "name of a question": "ask: {name: @, within: 1h}",
    "name of a field": "set: {@: a}",
    "value of a menu": "ask: {name: p, menu: {head: a, items: {@: b}}, choices: {c: d}, within: 1h}",
}


def quoted(value: str) -> str:
    return f"'{value}'"


def mistakes_of(text: str) -> tuple[Mistake, ...]:
    return read_text(text, "file", "file.yaml").mistakes


def in_condition(form: str, value: str) -> str:
    when = form.replace("@", quoted(value))
    return f"{HEAD}{ASK}  - branch:\n      - when: {when}\n{END}"


def in_step(form: str, value: str) -> str:
    return f"{HEAD}{ASK}  - {form.replace('@', quoted(value))}\n  - tag: y\n"


def places_of(value: str) -> Iterator[tuple[str, str]]:
    """Each field that is compared as it is, with this value, by the name of a test."""
    for name, form in CONDITIONS.items():
        yield f"condition {name}", in_condition(form, value)
    for name, form in STEPS.items():
        yield f"step {name}", in_step(form, value)
    for event, fields in NARROWING_FIELDS.items():
        for field in {*fields} - PATTERN_EVENT_FIELDS - NUMBERS:
            pattern = f"{{event: {event}, {field}: {quoted(value)}}}"
            yield f"trigger {event} {field}", f"title: T\ntrigger: {pattern}\nsteps: [{{tag: a}}]\n"
            if event not in OF_THE_CALENDAR:
                wait = f"  - wait: {{event: {event}, {field}: {quoted(value)}, within: 1d}}\n  - tag: y\n"
                yield f"wait {event} {field}", HEAD + wait
                yield f"count {event} {field}", in_condition(f"{{event: {pattern}}}", value)


PATTERNS = ("Par*", "*", "*is", "P*s", "P**", r"\**", r"a\*b*", "Par＊", "＊", "P＊s*")


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_in_a_field_that_takes_none_is_a_mistake_at_its_place(pattern: str) -> None:
    places = dict(places_of(pattern))
    assert len(places) > 20
    for place, text in places.items():
        line = text[: text.index(quoted(pattern))].count("\n") + 1
        found = mistakes_of(text)
        assert found, place
        assert any(mistake.line == line for mistake in found), (place, found)


@pytest.mark.parametrize("event", [name for name in NARROWING_FIELDS if name != "date"])
@pytest.mark.parametrize("pattern", PATTERNS[:5])
def test_every_other_text_of_an_event_is_a_pattern(event: str, pattern: str) -> None:
    for field in PATTERN_EVENT_FIELDS & {*NARROWING_FIELDS[event]}:
        trigger = f"{{event: {event}, {field}: '{pattern}'}}"
        assert not mistakes_of(f"title: T\ntrigger: {trigger}\nsteps: [{{tag: a}}]\n"), (event, field)
        escaped = trigger.replace("*", r"\*")
        [mistake] = mistakes_of(f"title: T\ntrigger: {escaped}\nsteps: [{{tag: a}}]\n")
        assert (mistake.line, mistake.column) == (2, trigger.index("'") + 10)
        assert "literal asterisk" in mistake.message
        wide = trigger.replace("*", "＊")
        [mistake] = mistakes_of(f"title: T\ntrigger: {wide}\nsteps: [{{tag: a}}]\n")
        assert (mistake.line, mistake.column) == (2, wide.index("'") + 10)
        assert mistake.hint == "write `*`"


@pytest.mark.parametrize("event", ["payment", "refund"])
@pytest.mark.parametrize("value", ["large", "1,280", "52.5", "-5", "٥"])
def test_a_property_that_is_a_number_equals_no_text(event: str, value: str) -> None:
    [mistake] = mistakes_of(in_condition(f"{{event: {{event: {event}, property: {{total: @}}}}}}", value))
    assert mistake.message == "`total` must be a whole number"


@pytest.mark.parametrize("store", ["SH01", "门店01", "01", "1,280"])
def test_the_store_of_a_payment_is_a_text_and_a_refund_has_none(store: str) -> None:
    at = "{{event: {{event: {event}, property: {{store: @}}}}}}"
    assert not mistakes_of(in_condition(at.format(event="payment"), store))
    [mistake] = mistakes_of(in_condition(at.format(event="refund"), store))
    assert "store" in mistake.message


@pytest.mark.parametrize("name", ["val*", "*", "v＊", "{x}", "{attribute.x|y}", "", "\u200b"])
def test_the_name_of_a_property_is_no_pattern_and_no_merge_field(name: str) -> None:
    for form in ("{event: {event: mini_program, name: a, property: {@: b}}}",):
        text = in_condition(form, name)
        [mistake] = mistakes_of(text)
        line, before = text.count("\n", 0, text.index(quoted(name))) + 1, text[: text.index(quoted(name))]
        assert (mistake.line, mistake.column) == (line, len(before) - before.rindex("\n"))


def test_the_fields_of_events_and_conditions_are_all_in_these_tables() -> None:
    exact = {
        narrowing.file_field
        for type_ in EVENT_TYPES.values()
        for narrowing in type_.narrowings or ()
        if narrowing.comparison is EXACT
    }
    assert not exact & PATTERN_EVENT_FIELDS
    assert {*CONDITIONS} | {"scene", "points", "balance", "customer", "member", "stage", "counter"} == {
        *CONDITION_FIELDS
    }
    assert {*MERGED} | {*UNMERGED} >= {*STEP_FIELDS}


def test_a_literal_asterisk_is_written_with_a_backslash() -> None:
    reading = read_text(in_condition(CONDITIONS["attribute"], r"Par\* \\*"), "file", "file.yaml")
    assert reading.mistakes == ()
    assert reading.journey is not None
    [branch] = [step for step in reading.journey.steps if step.kind == "branch"]
    assert branch.cases[0].when.attributes == {"city": "Par* \\*"}


# --- braces ---------------------------------------------------------------------------------------------

FIELD = "{attribute.adviser|desk}"


@pytest.mark.parametrize("name", [*UNMERGED, *(f"condition {name}" for name in CONDITIONS), "title", "exit"])
def test_a_merge_field_where_none_is_filled_in_is_a_mistake_at_its_place(name: str) -> None:
    kind, _, rest = name.partition(" ")
    if kind == "condition":
        text = in_condition(CONDITIONS[rest], FIELD)
    elif name == "title":
        text = HEAD.replace("T\n", quoted(FIELD) + "\n") + "  - tag: a\n"
    elif name == "exit":
        text = (
            HEAD.replace("steps", f"exits: [{{when: {{tag: a}}, reason: {quoted(FIELD)}}}]\nsteps")
            + "  - tag: a\n"
        )
    else:
        text = in_step(UNMERGED[name], FIELD)
    line = text[: text.index(quoted(FIELD))].count("\n") + 1
    found = mistakes_of(text)
    assert any(mistake.line == line for mistake in found), found


@pytest.mark.parametrize("form", [*MERGED.values(), *UNMERGED.values()], ids=[*MERGED, *UNMERGED])
@pytest.mark.parametrize(
    "written", ["｛attribute.adviser|desk｝", "{attribute.adviser｜desk}", "｛ points ｝", "a {tier|b｝ c"]
)
def test_a_merge_field_with_full_width_signs_is_a_mistake_at_its_place(form: str, written: str) -> None:
    text = in_step(form, written)
    line = text[: text.index(quoted(written))].count("\n") + 1
    assert any(mistake.line == line for mistake in mistakes_of(text)), mistakes_of(text)


@pytest.mark.parametrize("text", ["您好，{attribute.adviser|顾问} ｛谢谢｝", "a｜b", "（｛｝）"])
def test_full_width_braces_around_other_words_are_a_text(text: str) -> None:
    assert mistakes_of(in_step(MERGED["send"], text)) == ()


@pytest.mark.parametrize("name", ["coupon", "offer", "award", "stop", "goal"])
@pytest.mark.parametrize("text", ["{attribute.tier", "tier}", "a { b", "{"])
def test_a_brace_in_a_text_that_is_not_filled_in_is_a_mistake_that_names_its_field(
    name: str, text: str
) -> None:
    field = "reason" if name == "award" else name
    assert any(
        f"`{field}` takes no merge fields" in mistake.message
        for mistake in mistakes_of(in_step(UNMERGED[name], text))
    )


@pytest.mark.parametrize("form", MERGED.values(), ids=MERGED)
def test_a_merge_field_is_accepted_where_it_is_filled_in(form: str) -> None:
    assert mistakes_of(in_step(form, FIELD)) == ()
    [unknown] = mistakes_of(in_step(form, "{atribute.adviser|desk}"))
    assert "is not a merge field" in unknown.message


# --- patterns ---------------------------------------------------------------------------------------------

SIGNS = [
    *string.punctuation.replace("*", ""),
    " ",
    "a",
    "B",
    "7",
    "店",
    "é",
    "😀",
    "\u202e",
    "\u2028",
    "ı",
    "\n",
]


@pytest.mark.parametrize("sign", SIGNS)
def test_every_sign_in_a_pattern_means_itself(sign: str) -> None:
    for pattern in (f"{sign}*", f"*{sign}", f"a{sign}*{sign}b", f"{sign}{sign}*", f"\\{sign}*"):
        fits = pattern.replace("*", "x")
        assert matches_glob(pattern, fits)
        assert not matches_glob(pattern.replace("*", ""), f"z{fits}")
