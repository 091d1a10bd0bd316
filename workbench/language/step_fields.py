"""The fields of steps."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from wejourney.journeys.definition import Condition
from wejourney.messaging.contents import Content, LocalizedText
from workbench.language import condition_fields, content_fields, forms, parse_values, step_types
from workbench.language.content_fields import MESSAGE, MESSAGE_FIELDS
from workbench.language.forms import (
    DURATION,
    LITERAL,
    NAME,
    PLAIN,
    Field,
    Fields,
    Form,
    Record,
    called,
    define,
    names,
    plain,
    single,
)
from workbench.language.mistakes import phrase
from workbench.language.parse_values import WEEKDAYS, weekday_and_time
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode

STEPS = forms.ref("steps")

# --- steps that talk -----------------------------------------------------------------------------

_IF_UNSURE = "If WeChat's answer is lost: `drop` (it may be missing) or `resend` (it may arrive twice)."
_CONSENT = Field("The purpose that the follower must have agreed to, of infra/consents.yaml.", NAME)
_SEND: Fields = {
    **MESSAGE_FIELDS,
    "name": Field("The name of this message in conditions.", NAME),
    "purpose": Field("The purpose; default: marketing.", forms.choice("marketing", "service")),
    "consent": _CONSENT,
    "instead": Field("Channels to try, in order, if it cannot be sent.", forms.list_of(MESSAGE)),
    "not_sent": Field("Steps if it could not be sent.", STEPS),
    "if_unsure": Field(_IF_UNSURE, forms.choice("drop", "resend")),
}
_BY_NAME = forms.by_name(names("a word"), phrase("choices form"))


@dataclass(frozen=True)
class _Retry:
    """How often a question is asked again, and in which words."""

    content: Content | None = None
    times: int = 1


_TIMES = {"times": Field("How often it is asked again; default: once.", forms.WHOLE_NUMBER)}
_RETRY_RECORD = Record(
    _Retry, {**MESSAGE_FIELDS, **_TIMES}, "`retry`", content_fields.content_among("a question")
)


def _read_retry(source: Source, node: Node, at: Location, what: str) -> object:
    if isinstance(node, MappingNode):
        return _RETRY_RECORD.read(source, node, at, what)
    source.note(at, node)
    if isinstance(node, ScalarNode):
        return _Retry(times=parse_values.whole_number(source, node, at, what))
    source.give_up(at, node, phrase("retry form", what=what), phrase("retry hint"))
    return None


_RETRY_SCHEMA = {"anyOf": [forms.WHOLE_NUMBER.schema, _RETRY_RECORD.schema()]}
_RETRY = define("retry", _RETRY_SCHEMA, _read_retry)
_RETRY_HELP = "If the answer is `other`: how often the question is asked again, or what to say then."


def _ask(
    name: str,
    within: int,
    content: Content | None = None,
    retry: _Retry | None = None,
    **more: Any,
) -> step_types.Ask:
    """A question; one for a date is asked again once unless its file says otherwise."""
    if retry is None:
        retry = _Retry(times=int(more.get("parse") == "date" and content is not None))
    return step_types.Ask(name, within, content, again=retry.content, retries=retry.times, **more)


_ASK: Fields = {
    "name": Field("The name of the answer in conditions and merge fields.", NAME),
    **MESSAGE_FIELDS,
    "choices": Field("Each answer with its words.", define("names_by_name", _BY_NAME.schema, _BY_NAME.read)),
    "parse": Field(
        "The type of the answer, without choices.", forms.choice("text", "number", "phone", "date")
    ),
    "minimum": Field("The smallest accepted number.", forms.WHOLE_NUMBER),
    "maximum": Field("The largest accepted number.", forms.WHOLE_NUMBER),
    "past": Field("Whether a date may lie behind, as a birthday does.", forms.BOOLEAN),
    "consent": _CONSENT,
    "within": Field("Time limit of the question.", DURATION),
    "retry": Field(_RETRY_HELP, _RETRY),
    "unanswered": Field("Steps after the time limit.", STEPS),
    "not_sent": Field("Steps if it could not be sent.", STEPS),
}
_NOTIFY: Fields = {
    "staff": Field("The recipient: a role, a store, or a merge field.", PLAIN),
    "text": Field("The text for the staff.", content_fields.TEXT),
}
_HAND_OVER: Fields = {
    "staff": Field("Takes over the chat: a role, a store, or a merge field.", PLAIN),
    "within": Field("The maximum pause of the run.", DURATION),
}
_CONTENT = content_fields.content_among("a message", phrase("no content", what="`send`"))
_QUESTION = content_fields.content_among("a question")
_ONE_CONTENT = forms.requires_one_of(MESSAGE_FIELDS)
_NO_CONTENT = {"not": {"anyOf": _ONE_CONTENT}}
SEND = Record(step_types.Send, _SEND, "`send`", _CONTENT).define("send", oneOf=_ONE_CONTENT)
ASK = Record(_ask, _ASK, "`ask`", _QUESTION).define("ask", oneOf=[*_ONE_CONTENT, _NO_CONTENT])
NOTIFY = Record(step_types.Notify, _NOTIFY, "`notify`").define("notify")
HAND_OVER = Record(step_types.HandOver, _HAND_OVER, "`hand_over`").define("hand_over")

# --- steps that wait -----------------------------------------------------------------------------

_MOMENT_PATTERN = rf"(({'|'.join(WEEKDAYS)})\s+)?{forms.TIME_PATTERN}"
_MOMENT_SCHEMA = forms.text_schema(_MOMENT_PATTERN, 'A time like "09:00", or monday 09:00.')
_MOMENT = define("moment", _MOMENT_SCHEMA, called("a time of day", weekday_and_time))
_MOMENT_HELP = 'A time of day, or a weekday and a time: "09:00", monday 09:00.'
_UNTIL: Fields = {"until": Field(_MOMENT_HELP, _MOMENT, "time")}
_TIME_LIMIT: Fields = {
    "within": Field("Time limit of the wait.", DURATION),
    "otherwise": Field("Steps after the time limit.", STEPS),
}
_GO_ON = "go_on"


def _read_passed(source: Source, node: Node, at: Location, what: str) -> object:
    if isinstance(node, ScalarNode) and node.value == _GO_ON:
        source.note(at, node)
        return ()
    if isinstance(node, SequenceNode):
        return STEPS.read(source, node, at, what)
    source.give_up(at, node, phrase("passed form", what=what), phrase("passed hint"))
    return None


_PASSED = Form({"anyOf": [{"const": _GO_ON}, STEPS.schema]}, _read_passed)
_PASSED_HELP = (
    "Steps if the moment has already passed, or `go_on` to continue; default: those of `otherwise`."
)
_DATE: Fields = {
    "date": Field("The name of a date in the profile.", LITERAL),
    **condition_fields.MOMENT_FIELDS,
    **_TIME_LIMIT,
    "passed": Field(_PASSED_HELP, _PASSED),
}
_SINCE = "`step`: events from this step on; `entry`: also events since the run started."
_EVENT: Fields = {
    **condition_fields.AWAITED_FIELDS,
    "since": Field(_SINCE, forms.choice("step", "entry")),
    **_TIME_LIMIT,
}
_EVENT_WAIT = Record(step_types.WaitEvent, _EVENT, "a wait for an event", condition_fields.AWAITED_PATTERN)


def _wait_until(time: tuple[int | None, int]) -> step_types.WaitUntil:
    weekday, minutes = time
    return step_types.WaitUntil(minutes, weekday)


_WAITS = {
    "until": Record(_wait_until, _UNTIL, "`until`").define("wait_until"),
    "date": Record(step_types.WaitDate, _DATE, "a wait for a date").define("wait_date"),
    "event": _EVENT_WAIT.define(
        "wait_event", **condition_fields.pattern_schema(_EVENT, condition_fields.REQUIRED_FIELDS)
    ),
}
_PAUSE = single(step_types.Wait, "seconds", DURATION)


def _read_wait(source: Source, node: Node, at: Location, what: str) -> object:
    if not isinstance(node, MappingNode):
        return _PAUSE.read(source, node, at, what)
    names = [str(key.value) for key, _ in node.value]
    kind = next((kind for kind in ("until", "event", "date") if kind in names), None)
    if kind is None:
        hint = phrase("wait form")
        source.give_up(at, node, phrase("wait for nothing"), hint)
        return None
    return _WAITS[kind].read(source, node, at, what)


WAIT = Form({"anyOf": [DURATION.schema, *(form.schema for form in _WAITS.values())]}, _read_wait)

# --- steps that choose ---------------------------------------------------------------------------

_CASE: Fields = {
    "when": Field("The condition of this case.", condition_fields.CONDITION),
    "steps": Field("The steps of this case.", STEPS),
}
_OTHERWISE = {"otherwise": Field("The steps if no case matches.", STEPS)}
_SHARE: Fields = {
    "percent": Field("The percentage of followers in this share.", forms.PERCENT),
    "steps": Field("The steps of this share; default: none.", STEPS),
}
_SHARES = forms.list_of(Record(step_types.Share, _SHARE, "a share").define("share"))
_SPLIT: Fields = {
    "name": Field("The same person always gets the same share of this name.", NAME),
    "shares": Field("The shares; their percentages add up to 100.", _SHARES),
}


def _read_branch(source: Source, node: Node, at: Location, what: str) -> object:
    cases = []
    otherwise: object = ()
    nodes = source.items(node, (*at, "cases"), what)
    for i, entry in enumerate(nodes):
        place = (*at, "cases", i)
        found = source.fields(entry, place, (*_CASE, *_OTHERWISE), "a case of a branch")
        if "otherwise" not in found:
            cases.append(None if place in source.broken else _CASES.build(source, found, place))
            continue
        if len(found) > 1 or i != len(nodes) - 1:
            message = phrase("otherwise is last")
            source.mistake_at(found["otherwise"], message, phrase("make it last"))
        otherwise = STEPS.read(source, found["otherwise"], (*at, "otherwise"), "`otherwise`")
    if nodes and not cases:
        hint = phrase("branch without cases hint")
        source.mistake((*at, "cases"), phrase("branch without cases"), hint)
    make: Callable[..., step_types.Branch] = step_types.Branch
    return make(tuple(cases), otherwise)


_CASES = Record(step_types.Case, _CASE, "a case of a branch")
_ENTRY = {"anyOf": [_CASES.schema(), forms.object_schema(_OTHERWISE, required=["otherwise"])]}
BRANCH = define("branch", {"type": "array", "items": _ENTRY, "minItems": 1}, _read_branch)
SPLIT = Record(step_types.Split, _SPLIT, "`split`").define("split")

_REPEAT: Fields = {
    "every": Field("The pause between two rounds.", DURATION),
    "times": Field("The most rounds.", forms.COUNT),
    "until": Field(
        "Looked at before each round: if it holds, the run continues after them.", condition_fields.CONDITION
    ),
    "steps": Field("The steps of each round.", STEPS),
}


def _repeat(
    every: int, times: int, until: Condition, steps: tuple[step_types.Step, ...]
) -> step_types.Repeat:
    return step_types.Repeat(every, times, until, steps)


REPEAT = Record(_repeat, _REPEAT, "`repeat`").define("repeat")

# --- all steps -----------------------------------------------------------------------------------

_AWARD: Fields = {
    "points": Field("The number of points.", forms.COUNT),
    "reason": Field("The reason.", PLAIN),
}
AWARD = Record(step_types.Award, _AWARD, "`award`").define("award")
_VALUES = forms.by_name(plain("a value"), phrase("values form"))
_SETTABLE = {"propertyNames": {"pattern": r"^(date\.)?[^.]+$"}}
SET = single(
    step_types.Set, "values", define("values_by_name", {**_VALUES.schema, **_SETTABLE}, _VALUES.read)
)
COUPON = single(partial(step_types.Give, "coupon"), "name", plain("a coupon"))
OFFER = single(partial(step_types.Give, "offer"), "name", plain("an offer"))
_JOURNEY = plain("the name of a journey")


def _stop(reason: LocalizedText, *, goal: bool = False) -> step_types.Stop:
    return step_types.Stop(content_fields.reason_of(reason), goal, content_fields.texts_of(reason))


GOAL = single(partial(_stop, goal=True), "reason", content_fields.text("the goal"))
_WAIT_HELP = "Wait for a duration, a time of day, a date in the profile, or an event."
_SET_HELP = "Set a profile field: `language`, `time_zone`, `date.<name>` or an attribute."
STEP_FIELDS: Fields = {
    "send": Field("Send a message.", SEND),
    "ask": Field("Ask and wait for the answer.", ASK),
    "notify": Field("Notify the staff.", NOTIFY),
    "hand_over": Field("Hand the chat to the staff and pause until they close it.", HAND_OVER),
    "wait": Field(_WAIT_HELP, WAIT),
    "branch": Field("Branch: cases with `when`, and `otherwise`.", BRANCH),
    "repeat": Field("Repeat steps until a condition holds, a number of times at most.", REPEAT),
    "split": Field("Split followers into random shares.", SPLIT),
    "tag": Field("Add tags to the follower.", single(step_types.Tag, "tags", names("a tag"))),
    "untag": Field("Remove tags from the follower.", single(step_types.Untag, "tags", names("a tag"))),
    "set": Field(_SET_HELP, SET),
    "agree": Field(
        "Record a consent to a purpose of infra/consents.yaml, by what the follower has just said or tapped.",
        single(step_types.Agree, "purpose", NAME),
    ),
    "withdraw": Field(
        "Record that the consent to a purpose of infra/consents.yaml is withdrawn.",
        single(step_types.Withdraw, "purpose", NAME),
    ),
    "award": Field("Post points to the person's account.", AWARD),
    "coupon": Field(
        "Issue this coupon of infra/programme.yaml; of another name, publish an event that gives it.", COUPON
    ),
    "offer": Field("Publish an event that makes the offer of this name.", OFFER),
    "start": Field(
        "Start another journey for this follower.", single(step_types.StartJourney, "journey", _JOURNEY)
    ),
    "end": Field(
        "End this follower's runs of another journey.", single(step_types.EndJourney, "journey", _JOURNEY)
    ),
    "goal": Field("End the run as a success.", GOAL),
    "stop": Field(
        "End the run with a reason.", single(_stop, "reason", content_fields.text("the reason of a stop"))
    ),
}


def _read_step(source: Source, node: Node, at: Location, _what: str) -> object:
    found = source.fields(node, at, STEP_FIELDS, "a step")
    if not found:
        if isinstance(node, MappingNode) and not node.value:
            source.mistake_at(node, phrase("empty step"), phrase("step form"))
        source.broken.add(at)
        return None
    name, *others = found
    if others:
        message = phrase("two steps in one", name=others[0])
        source.mistake_at(found[others[0]], message, phrase("put a dash"))
    return STEP_FIELDS[name].form.read(source, found[name], at, f"`{name}`")


_ONE_FIELD = {"minProperties": 1, "maxProperties": 1, "description": "One step: exactly one field."}
_STEP = define("step", forms.object_schema(STEP_FIELDS, **_ONE_FIELD), _read_step)
_STEPS = forms.list_of(_STEP)
define("steps", _STEPS.schema, _STEPS.read)
