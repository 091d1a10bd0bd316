"""The words of the language: every field of a journey file, what it says and the form of its value.

The readers take the names from here, `wejourney schema` the rest: a field that can be written is documented.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wejourney.events.event_types import EVENT_TYPES, NARROWING_FIELDS, OF_THE_CALENDAR, REENTRY_KEYS
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


EVENTS = NARROWING_FIELDS
"""The kinds of events and the fields that narrow each."""

NEVER_HEARD = OF_THE_CALENDAR
"""The kinds that can only start a journey: nothing is heard of them later."""

NEEDED: dict[str, str] = {
    name: needed for name in EVENTS if (needed := EVENT_TYPES[name].required_field) is not None
}
"""The field without which an event of a kind fits nothing."""

NEEDED_TO_START: dict[str, str] = NEEDED | {
    name: needed for name in EVENTS if (needed := EVENT_TYPES[name].required_in_trigger) is not None
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
    "scene": Field("the scene of the QR code; `*` matches any text.", _PLAIN),
    "keywords": Field("the words, one or several; `*` matches any text.", _NAMES),
    "key": Field("the key of the account menu's button.", _PLAIN),
    "url": Field("the page that the menu's button opens; `*` matches any text.", _PLAIN),
    "tag": Field("the tag that was added.", _PLAIN),
    "journey": Field("the journey whose `start` step it was; default: any.", _PLAIN),
    "segment": Field("the segment that was entered.", _PLAIN),
    "name": Field("the name of its event; `*` matches any text.", _PLAIN),
    "points": Field("the balance that is reached from below.", _COUNT),
    "total": Field("the minimum amount, in fen.", _COUNT),
}


def _events_with(name: str) -> str:
    """The events that a field narrows, as the beginning of a sentence: `Follow and scan`."""
    *others, last = (event.replace("_", " ") for event, names in EVENTS.items() if name in names)
    return " and ".join(filter(None, (", ".join(others), last))).capitalize()


PATTERN_FIELDS: Fields = {
    name: replace(field, says=f"{_events_with(name)}: {field.says}") for name, field in _NARROWING.items()
}
_DATE_FIELDS: Fields = {
    "date": Field("The name of a date in the profile, such as `birthday`.", _PLAIN),
    "before": Field("Duration before the date.", _DURATION),
    "after": Field("Duration after the date.", _DURATION),
    "at": Field('Time of day in the follower\'s time zone, such as "09:00".', _TIME),
}
TRIGGER: Fields = {
    "event": Field("The event that starts the journey.", ref("event"), required=True),
    **PATTERN_FIELDS,
    **_DATE_FIELDS,
    "every": Field("Schedule: a weekday, or `day` (default).", {"enum": [*WEEKDAYS, "day"]}),
    "when": Field("A condition on the profile; default: every follower.", ref("any_condition")),
}
AGAIN: Fields = {
    "after": Field("Time since the last start.", _DURATION),
    "per": Field(
        "Once for each value of the event's field: `order` or `booking`.", {"enum": list(REENTRY_KEYS)}
    ),
}
EXIT: Fields = {
    "when": Field("The condition that ends the run.", _CONDITION, required=True),
    "reason": Field("The reason, shown with the run.", _PLAIN, required=True),
}
JOURNEY: Fields = {
    "title": Field("The journey's name for people.", _WORDS, required=True),
    "trigger": Field("The event that starts the journey.", ref("trigger"), required=True),
    "opening": Field("Sent at once as the passive reply to the event.", ref("opening")),
    "steps": Field("The steps that follow, in order.", _STEPS, required=True),
    "priority": Field(
        "An event starts the first journey that matches: by falling priority, then by name.",
        {"type": "integer"},
    ),
    "again": Field(
        "Whether a follower can enter again; default: always, with one live run at a time.", ref("again")
    ),
    "quiet": Field(
        'Quiet hours in the follower\'s time zone, such as "22:00-08:00": waits end after them.', ref("quiet")
    ),
    "holdout": Field(
        "The share of followers who do not enter, to measure the effect: 0 to 50 percent.", _PERCENT
    ),
    "goal": Field("The journey's purpose: the run ends as a success when this holds.", _CONDITION),
    "exits": Field(
        "Other conditions that end a run at once.", {"type": "array", "items": ref("exit"), "minItems": 1}
    ),
}

# --- conditions ----------------------------------------------------------------------------------

EVENT_COUNT: Fields = {
    "event": Field("The event.", ref("heard_event"), required=True),
    **PATTERN_FIELDS,
    "times": Field("Minimum count; default: 1.", _COUNT),
    "days": Field("Only events of the last 7, 30 or 365 days.", {"enum": [7, 30, 365]}),
    "scope": Field("Count events since: `run` (this run), `ever`, or the name of a step.", _PLAIN),
}
POINTS_RANGE: Fields = {
    "from": Field("Minimum.", {"type": "integer"}),
    "to": Field("Maximum.", {"type": "integer"}),
}
CONDITION: Fields = {
    "tag": Field("The follower has all of these tags.", _NAMES),
    "without_tag": Field("The follower has none of these tags.", _NAMES),
    "customer": Field("Whether the person has bought something.", {"type": "boolean"}),
    "member": Field("Whether the person is a member.", {"type": "boolean"}),
    "language": Field("The person's language.", {"enum": list(LANGUAGES)}),
    "source": Field(
        "The source of the follow.",
        {"anyOf": [{"enum": list(SOURCES.values())}, {"type": "string", "pattern": "^ADD_SCENE_"}]},
    ),
    "scene": Field("The QR code of the follow; `*` matches any text.", _PLAIN),
    "segment": Field("The person is in all of these segments.", _NAMES),
    "tier": Field("The person's tier.", _PLAIN),
    "points": Field(
        "The points balance: a minimum, or {from, to}.",
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
    "description": Field("The text below the title, at most 512 bytes.", _WORDS, required=True),
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
    "head": Field("The text above the items.", _WORDS, required=True),
    "items": Field("The items to tap, by choice.", ref("words_by_name"), required=True),
    "tail": Field("The text below the items.", _WORDS),
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
MASS: Fields = {"text": Field("The text.", _WORDS, required=True)}
CONTENT: Fields = {
    "text": Field("A text of at most 2048 bytes.", _WORDS),
    "image": Field("The media id of a picture.", _PLAIN),
    "news": Field("A card with a picture that opens a page.", ref("news")),
    "mini_program": Field("A card that opens a page of a mini program.", ref("mini_program")),
    "menu": Field("A menu message: items to tap.", ref("menu")),
    "template": Field("A template message; for service, not for marketing.", ref("template")),
    "notice": Field("A subscription notice; for service, not for marketing.", ref("notice")),
    "mass": Field("A mass message to this follower, four per month.", ref("mass")),
}
SAID: Fields = {
    **CONTENT,
    "content": Field("The name of a content of the library, infra/contents.", _PLAIN),
}

# --- steps ---------------------------------------------------------------------------------------

_NOT_SENT: Fields = {"not_sent": Field("Steps if it could not be sent.", _STEPS)}
SEND: Fields = {
    **SAID,
    "name": Field("The name of this message in conditions.", ref("step_name")),
    "purpose": Field("The purpose; default: marketing.", {"enum": ["marketing", "service"]}),
    "instead": Field(
        "Channels to try, in order, if it cannot be sent.",
        {"type": "array", "items": ref("said"), "minItems": 1},
    ),
    **_NOT_SENT,
    "if_unsure": Field(
        "If WeChat's answer is lost: `drop` (it may be missing) or `resend` (it may arrive twice).",
        {"enum": ["drop", "resend"]},
    ),
}
ASK: Fields = {
    "name": Field("The name of the answer in conditions and merge fields.", ref("step_name"), required=True),
    **SAID,
    "choices": Field("Each answer with its words.", ref("names_by_name")),
    "parse": Field("The type of the answer, without choices.", {"enum": ["text", "number", "phone"]}),
    "minimum": Field("The smallest accepted number.", {"type": "integer"}),
    "maximum": Field("The largest accepted number.", {"type": "integer"}),
    "within": Field("Time limit of the question.", _DURATION, required=True),
    "unanswered": Field("Steps after the time limit.", _STEPS),
    **_NOT_SENT,
}
NOTIFY: Fields = {
    "staff": Field("The recipient: a role or a store.", _PLAIN, required=True),
    "text": Field("The text for the staff.", _WORDS, required=True),
}
HAND_OVER: Fields = {
    "staff": Field("Takes over the chat: a role or a store.", _PLAIN, required=True),
    "within": Field("The maximum pause of the run.", _DURATION, required=True),
}
_OTHERWISE: Fields = {
    "within": Field("Time limit of the wait.", _DURATION, required=True),
    "otherwise": Field("Steps after the time limit.", _STEPS),
}
WAIT_UNTIL: Fields = {
    "until": Field(
        'A time of day, or a weekday and a time: "09:00", monday 09:00.', ref("moment"), required=True
    )
}
WAIT_DATE: Fields = {
    **_DATE_FIELDS,
    "date": Field("The name of a date in the profile.", _PLAIN, required=True),
    **_OTHERWISE,
}
WAIT_EVENT: Fields = {
    "event": Field("The awaited event.", ref("heard_event"), required=True),
    **PATTERN_FIELDS,
    "since": Field(
        "`step`: events from this step on; `entry`: also events since the run started.",
        {"enum": ["step", "entry"]},
    ),
    **_OTHERWISE,
}
CASE: Fields = {
    "when": Field("The condition of this case.", _CONDITION, required=True),
    "steps": Field("The steps of this case.", _STEPS, required=True),
}
OTHERWISE: Fields = {"otherwise": Field("The steps if no case matches.", _STEPS, required=True)}
SPLIT: Fields = {
    "name": Field(
        "The same person always gets the same share of this name.", ref("step_name"), required=True
    ),
    "shares": Field(
        "The shares; their percentages add up to 100.",
        {"type": "array", "items": ref("share"), "minItems": 1},
        required=True,
    ),
}
SHARE: Fields = {
    "percent": Field("The percentage of followers in this share.", _PERCENT, required=True),
    "steps": Field("The steps of this share; default: none.", _STEPS),
}
AWARD: Fields = {
    "points": Field("The number of points.", _COUNT, required=True),
    "reason": Field("The reason.", _PLAIN, required=True),
}
STEP: Fields = {
    "send": Field("Send a message.", ref("send")),
    "ask": Field("Ask and wait for the answer.", ref("ask")),
    "notify": Field("Notify the staff.", ref("notify")),
    "hand_over": Field("Hand the chat to the staff and pause until they close it.", ref("hand_over")),
    "wait": Field(
        "Wait for a duration, a time of day, a date in the profile, or an event.",
        {"anyOf": [_DURATION, ref("wait_until"), ref("wait_date"), ref("wait_event")]},
    ),
    "branch": Field("Branch: cases with `when`, and `otherwise`.", ref("branch")),
    "split": Field("Split followers into random shares.", ref("split")),
    "tag": Field("Add tags to the follower.", _NAMES),
    "untag": Field("Remove tags from the follower.", _NAMES),
    "set": Field(
        "Set a profile field: `language`, `time_zone`, `date.<name>` or an attribute.",
        ref("values_by_name"),
    ),
    "award": Field("Post points to the person's account.", ref("award")),
    "coupon": Field("Publish an event that gives the coupon of this name.", _PLAIN),
    "offer": Field("Publish an event that makes the offer of this name.", _PLAIN),
    "start": Field("Start another journey for this follower.", _PLAIN),
    "end": Field("End this follower's runs of another journey.", _PLAIN),
    "goal": Field("End the run as a success.", _PLAIN),
    "stop": Field("End the run with a reason.", _PLAIN),
}
