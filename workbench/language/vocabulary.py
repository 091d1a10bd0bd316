"""The words of the language: every field of a journey file, what it says and the form of its value.

The readers take the names from here, `wejourney schema` the rest: a field that can be written is documented.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wejourney.events.registry import EVENT_TYPES, KEYS, OF_THE_CALENDAR, PATTERNED
from wejourney.people.followers import SOURCES

type Form = Mapping[str, Any]
"""A JSON Schema."""


@dataclass(frozen=True)
class Field:
    """One field. `says` is its documentation; `form` is what its value looks like."""

    says: str
    form: Form
    required: bool = False


type Fields = Mapping[str, Field]

FILE_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")
"""How a journey and a content of the library are named: as their files, without `.yaml`."""

STEP_NAME = re.compile(r"^[a-z][a-z0-9_-]{0,29}$")
"""How questions, choices, messages and splits are named."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

LANGUAGES = (
    *("zh", "en", "zh_TW", "zh_HK", "ar", "de", "es", "fr", "he", "hi", "id", "it", "ja", "ko"),
    *("ms", "pl", "pt", "ru", "th", "tr", "vi"),
)
"""The languages a text can be written in: those of WeChat's own interface."""


EVENTS = PATTERNED
"""The kinds of events and the fields that narrow each."""

NEVER_HEARD = OF_THE_CALENDAR
"""The kinds that can only start a journey: nothing is heard of them later."""

NEEDED: dict[str, str] = {name: needed for name in EVENTS if (needed := EVENT_TYPES[name].needs) is not None}
"""The field without which an event of a kind fits nothing."""

NEEDED_TO_START: dict[str, str] = NEEDED | {
    name: needed for name in EVENTS if (needed := EVENT_TYPES[name].starts_with) is not None
}
"""The field without which a journey would start at every event of a kind."""


def ref(name: str) -> Form:
    """The form that stands under this name in the schema."""
    return {"$ref": f"#/$defs/{name}"}


def one_or_more(form: Form) -> Form:
    """One value, or a list of them."""
    return {"anyOf": [form, {"type": "array", "items": form, "minItems": 1}]}


_STEPS = ref("steps")
_WORDS = ref("words")
_PLAIN = ref("plain")
_NAMES = one_or_more(_PLAIN)
_CONDITION = ref("condition")
_DURATION = ref("duration")
_TIME = ref("time")
_COUNT: Form = {"type": "integer", "minimum": 1}
_PERCENT: Form = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\s*\d+ ?%?\s*$"}]}

# --- a journey -----------------------------------------------------------------------------------

_NARROWING: Fields = {
    "scene": Field("the scene of the QR code; `*` stands for anything.", _PLAIN),
    "keywords": Field("the words, one or several; `*` stands for anything.", _NAMES),
    "key": Field("the key of the account menu's button.", _PLAIN),
    "url": Field("the page that the menu's button opens; `*` stands for anything.", _PLAIN),
    "tag": Field("the tag that was put on.", _PLAIN),
    "journey": Field("the journey whose `start` step it was; left out, any.", _PLAIN),
    "segment": Field("the segment that was entered.", _PLAIN),
    "name": Field("the name of its event; `*` stands for anything.", _PLAIN),
    "points": Field("the balance that is passed from below.", _COUNT),
    "total": Field("the least amount, in fen.", _COUNT),
}


def _events_with(name: str) -> str:
    """The events that a field narrows, as the beginning of a sentence: `Follow and scan`."""
    *others, last = (event.replace("_", " ") for event, names in EVENTS.items() if name in names)
    return " and ".join(filter(None, (", ".join(others), last))).capitalize()


PATTERN_FIELDS: Fields = {
    name: replace(field, says=f"{_events_with(name)}: {field.says}") for name, field in _NARROWING.items()
}
_DATE_FIELDS: Fields = {
    "date": Field("The name of a date of the profile, such as `birthday`.", _PLAIN),
    "before": Field("How long before the date.", _DURATION),
    "after": Field("How long after the date.", _DURATION),
    "at": Field('The time of day where the follower is, such as "09:00".', _TIME),
}
TRIGGER: Fields = {
    "event": Field("What starts the journey.", ref("event"), required=True),
    **PATTERN_FIELDS,
    **_DATE_FIELDS,
    "every": Field(
        "Schedule: a weekday, or `day`, which is what it is without.", {"enum": [*WEEKDAYS, "day"]}
    ),
    "when": Field("A condition on the profile: without it everybody is meant.", ref("any_condition")),
}
AGAIN: Fields = {
    "after": Field("So long after the last start.", _DURATION),
    "per": Field("Once for each value of the event's field: `order` or `booking`.", {"enum": list(KEYS)}),
}
EXIT: Fields = {
    "when": Field("The condition that ends the run.", _CONDITION, required=True),
    "reason": Field("Why, for people who read the run.", _PLAIN, required=True),
}
JOURNEY: Fields = {
    "title": Field("What people call the journey.", _WORDS, required=True),
    "trigger": Field("What starts the journey.", ref("trigger"), required=True),
    "opening": Field("Said at once, as the passive reply to the event.", ref("opening")),
    "steps": Field("What happens then, one after the other.", _STEPS, required=True),
    "priority": Field(
        "An event starts the first journey that fits, by falling priority, then by name.", {"type": "integer"}
    ),
    "again": Field(
        "Whether somebody may take it again; left out, always, but never twice at once.", ref("again")
    ),
    "quiet": Field(
        'Hours in which no wait ends, such as "22:00-08:00", where the follower is.', ref("quiet")
    ),
    "holdout": Field(
        "The share of people who are kept out, to measure the effect: 0 to 50 percent.", _PERCENT
    ),
    "goal": Field("What the journey is for: the run ends as a success when it holds.", _CONDITION),
    "exits": Field("What else ends a run at once.", {"type": "array", "items": ref("exit"), "minItems": 1}),
}

# --- conditions ----------------------------------------------------------------------------------

EVENT_COUNT: Fields = {
    "event": Field("What happened.", ref("heard_event"), required=True),
    **PATTERN_FIELDS,
    "times": Field("At least so often; left out, once.", _COUNT),
    "days": Field("In the last 7, 30 or 365 days.", {"enum": [7, 30, 365]}),
    "scope": Field("Since when: `run` (this run), `ever`, or the name of a step.", _PLAIN),
}
POINTS_RANGE: Fields = {
    "from": Field("At least so many.", {"type": "integer"}),
    "to": Field("At most so many.", {"type": "integer"}),
}
CONDITION: Fields = {
    "tag": Field("The follower has all of these tags.", _NAMES),
    "without_tag": Field("The follower has none of these tags.", _NAMES),
    "customer": Field("Whether the person has bought something.", {"type": "boolean"}),
    "member": Field("Whether the person is a member.", {"type": "boolean"}),
    "language": Field("The person's language.", {"enum": list(LANGUAGES)}),
    "source": Field(
        "How they followed.",
        {"anyOf": [{"enum": list(SOURCES.values())}, {"type": "string", "pattern": "^ADD_SCENE_"}]},
    ),
    "scene": Field("The QR code they followed through; `*` stands for anything.", _PLAIN),
    "segment": Field("The person is in all of these segments.", _NAMES),
    "tier": Field("The person's tier.", _PLAIN),
    "points": Field(
        "The balance: at least so many, or {from, to}.",
        {"anyOf": [{"type": "integer"}, ref("points_range")]},
    ),
    "attribute": Field("These attributes of the person have these values.", ref("plain_by_name")),
    "date": Field("These dates of the profile are known.", _NAMES),
    "answer": Field("These questions have these answers.", ref("plain_by_name")),
    "event": Field("These events happened.", one_or_more(ref("event_count"))),
    "any": Field("One of several conditions holds.", {"type": "array", "items": _CONDITION, "minItems": 1}),
    "not": Field("This condition does not hold.", _CONDITION),
}

# --- contents ------------------------------------------------------------------------------------

NEWS: Fields = {
    "title": Field("The card's title, at most 128 bytes.", _WORDS, required=True),
    "description": Field("What stands below it, at most 512 bytes.", _WORDS, required=True),
    "url": Field("The page that it opens.", _PLAIN, required=True),
    "picture": Field("The address of its picture.", _PLAIN, required=True),
}
MINI_PROGRAM: Fields = {
    "title": Field("The card's title, at most 64 bytes.", _WORDS, required=True),
    "app_id": Field("The mini program's app id.", _PLAIN, required=True),
    "page": Field("The page that it opens.", _PLAIN, required=True),
    "picture": Field("The media id of its picture.", _PLAIN, required=True),
}
MENU: Fields = {
    "head": Field("What stands above the lines.", _WORDS, required=True),
    "items": Field("The lines to tap, by choice.", ref("words_by_name"), required=True),
    "tail": Field("What stands below them.", _WORDS),
}
TEMPLATE: Fields = {
    "id": Field("The id of the template.", _PLAIN, required=True),
    "data": Field("The template's fields, such as `thing1`.", ref("words_by_name"), required=True),
    "url": Field("The page that the message opens.", _PLAIN),
}
NOTICE: Fields = {
    "id": Field("The id of the template that the follower agreed to.", _PLAIN, required=True),
    "data": Field("The template's fields, such as `thing1`.", ref("words_by_name"), required=True),
    "page": Field("The page that the notice opens.", _PLAIN),
}
MASS: Fields = {"text": Field("What it says.", _WORDS, required=True)}
CONTENT: Fields = {
    "text": Field("A text of at most 2048 bytes.", _WORDS),
    "image": Field("The media id of a picture.", _PLAIN),
    "news": Field("A card with a picture that opens a page.", ref("news")),
    "mini_program": Field("A card that opens a page of a mini program.", ref("mini_program")),
    "menu": Field("A menu message: lines to tap.", ref("menu")),
    "template": Field("A template message; for service, not for marketing.", ref("template")),
    "notice": Field("A subscription notice; for service, not for marketing.", ref("notice")),
    "mass": Field("A mass message to this follower, who takes four a month.", ref("mass")),
}
SAID: Fields = {
    **CONTENT,
    "content": Field("The name of a content of the library, infra/contents.", _PLAIN),
}

# --- steps ---------------------------------------------------------------------------------------

_NOT_SENT: Fields = {"not_sent": Field("The steps when it could not be said.", _STEPS)}
SEND: Fields = {
    **SAID,
    "name": Field("How conditions speak of this message.", ref("step_name")),
    "purpose": Field("What it is for; left out, marketing.", {"enum": ["marketing", "service"]}),
    "instead": Field(
        "The channels to try, in order, when it cannot be said.",
        {"type": "array", "items": ref("said"), "minItems": 1},
    ),
    **_NOT_SENT,
    "if_unsure": Field(
        "When WeChat's answer got lost: `drop` (it may be missing) or `resend` (it may come twice).",
        {"enum": ["drop", "resend"]},
    ),
}
ASK: Fields = {
    "name": Field("How conditions and merge fields speak of the answer.", ref("step_name"), required=True),
    **SAID,
    "choices": Field("Each answer and the words that mean it.", ref("names_by_name")),
    "parse": Field("What the answer is, without choices.", {"enum": ["text", "number", "phone"]}),
    "minimum": Field("The least number that is an answer.", {"type": "integer"}),
    "maximum": Field("The greatest number that is an answer.", {"type": "integer"}),
    "within": Field("How long the question is open.", _DURATION, required=True),
    "unanswered": Field("The steps when that time is over.", _STEPS),
    **_NOT_SENT,
}
NOTIFY: Fields = {
    "staff": Field("Who is told: a role or a store.", _PLAIN, required=True),
    "text": Field("What they are told.", _WORDS, required=True),
}
HAND_OVER: Fields = {
    "staff": Field("Who takes the chat: a role or a store.", _PLAIN, required=True),
    "within": Field("How long the run pauses at most.", _DURATION, required=True),
}
_OTHERWISE: Fields = {
    "within": Field("How long to wait at most.", _DURATION, required=True),
    "otherwise": Field("The steps when that time is over.", _STEPS),
}
WAIT_UNTIL: Fields = {
    "until": Field(
        'A time of day, or a weekday and a time: "09:00", monday 09:00.', ref("moment"), required=True
    )
}
WAIT_DATE: Fields = {
    **_DATE_FIELDS,
    "date": Field("The name of a date of the profile.", _PLAIN, required=True),
    **_OTHERWISE,
}
WAIT_EVENT: Fields = {
    "event": Field("What is waited for.", ref("heard_event"), required=True),
    **PATTERN_FIELDS,
    "since": Field(
        "`step`: from this step on; `entry`: also what came since the run began.", {"enum": ["step", "entry"]}
    ),
    **_OTHERWISE,
}
CASE: Fields = {
    "when": Field("The condition of this way.", _CONDITION, required=True),
    "steps": Field("What happens then.", _STEPS, required=True),
}
OTHERWISE: Fields = {"otherwise": Field("The steps when no case fits.", _STEPS, required=True)}
SPLIT: Fields = {
    "name": Field("The same person always goes the same way of this name.", ref("step_name"), required=True),
    "shares": Field(
        "The ways; their percents are 100 together.",
        {"type": "array", "items": ref("share"), "minItems": 1},
        required=True,
    ),
}
SHARE: Fields = {
    "percent": Field("How many of a hundred people go this way.", _PERCENT, required=True),
    "steps": Field("What happens then; left out, nothing.", _STEPS),
}
AWARD: Fields = {
    "points": Field("How many points.", _COUNT, required=True),
    "reason": Field("What for.", _PLAIN, required=True),
}
STEP: Fields = {
    "send": Field("Say something.", ref("send")),
    "ask": Field("Ask and wait for the answer.", ref("ask")),
    "notify": Field("Tell the staff something.", ref("notify")),
    "hand_over": Field("Hand the chat to a person and pause until they close it.", ref("hand_over")),
    "wait": Field(
        "Wait: a time, until a time of day, for a date of the profile, or for an event.",
        {"anyOf": [_DURATION, ref("wait_until"), ref("wait_date"), ref("wait_event")]},
    ),
    "branch": Field("Go different ways: cases with `when`, and `otherwise`.", ref("branch")),
    "split": Field("Send people different ways by chance.", ref("split")),
    "tag": Field("Put tags on the follower.", _NAMES),
    "untag": Field("Take tags off the follower.", _NAMES),
    "set": Field(
        "Note something about the person: `language`, `time_zone`, `date.<name>` or an attribute.",
        ref("values_by_name"),
    ),
    "award": Field("Post points to the person's account.", ref("award")),
    "coupon": Field("Give a coupon, by its name.", _PLAIN),
    "offer": Field("Make an offer, by its name.", _PLAIN),
    "start": Field("Start another journey for this follower.", _PLAIN),
    "end": Field("End this follower's runs of another journey.", _PLAIN),
    "goal": Field("End the run: this is what the journey is for.", _PLAIN),
    "stop": Field("End the run, with the reason.", _PLAIN),
}
