"""From the words that marketers write to the fields of `wejourney.domain.journeys`, as plain data.

Each reader takes a node and the place of its part in the journey; what it cannot read it reports.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from wejourney.domain.messages import ANY_LANGUAGE, CONTENTS
from wejourney.language.durations import parse_duration
from wejourney.language.mistakes import nearest
from wejourney.language.source import Location, Source, is_nothing

LANGUAGES = (
    *("zh", "en", "zh_TW", "zh_HK", "ar", "de", "es", "fr", "he", "hi", "id", "it", "ja", "ko"),
    *("ms", "pl", "pt", "ru", "th", "tr", "vi"),
)
"""The languages a text can be written in: those of WeChat's own interface."""

_CONDITION = (
    "tag",
    "without_tag",
    "customer",
    "member",
    "language",
    "source",
    "scene",
    "answer",
    "any",
    "not",
)


def read_journey(source: Source, node: Node) -> dict[str, Any]:
    """The whole file."""
    fields = source.fields(node, (), ("title", "trigger", "opening", "steps", "priority"), "a journey")
    readers: dict[str, Callable[[Source, Node, Location], Any]] = {
        "title": read_words,
        "trigger": _trigger,
        "opening": _opening,
        "steps": _steps,
        "priority": lambda source, node, at: source.scalar(node, at, "the priority"),
    }
    return {name: readers[name](source, value, (name,)) for name, value in fields.items()}


def _trigger(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, ("event", "scene", "keywords", "key", "when"), "a trigger")
    data: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "when":
            data[name] = _condition(source, value, (*at, name))
        elif name == "keywords":
            data[name] = source.strings(value, (*at, name), "a keyword")
        else:
            data[name] = source.string(value, (*at, name), f"`{name}`")
    return data


# --- conditions ----------------------------------------------------------------------------------


def _condition(source: Source, node: Node, at: Location) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if isinstance(node, MappingNode) and not node.value and at != ("trigger", "when"):
        source.mistake_at(node, "an empty condition always holds", "`otherwise` takes what is left")
    for name, value in source.fields(node, at, _CONDITION, "a condition").items():
        if name in ("tag", "without_tag"):
            data[f"{name}s"] = source.strings(value, (*at, f"{name}s"), "a tag")
        elif name in ("customer", "member"):
            data[name] = source.scalar(value, (*at, name), f"`{name}`")
        elif name == "answer":
            data["answers"] = _answers(source, value, (*at, "answers"))
        elif name == "any":
            nodes = source.items(value, (*at, name), "`any`")
            data[name] = [_condition(source, one, (*at, name, i)) for i, one in enumerate(nodes)]
        elif name == "not":
            data["none"] = _condition(source, value, (*at, "none"))
        else:
            data[name] = source.string(value, (*at, name), f"`{name}`")
    return data


def _answers(source: Source, node: Node, at: Location) -> dict[str, str]:
    fields = source.fields(node, at, None, "`answer`")
    return {name: source.string(value, (*at, name), "an answer") for name, value in fields.items()}


# --- what is said --------------------------------------------------------------------------------


def read_words(source: Source, node: Node, at: Location) -> dict[str, str]:
    """A text by language; a plain text serves every language."""
    if not isinstance(node, MappingNode):
        return {ANY_LANGUAGE: source.string(node, at, "a text")}
    words = {}
    for language, value in source.fields(node, at, None, "a text").items():
        if is_nothing(value) and node.flow_style:
            hint = 'between braces a text with a comma needs quotes: {en: "Yes, please"}'
            source.give_up((*at, language), value, f"`{language}` has no text", hint)
            continue
        if language not in (*LANGUAGES, ANY_LANGUAGE):
            hint = nearest(language, (*LANGUAGES, ANY_LANGUAGE))
            source.mistake_in_name((*at, language), f"`{language}` is no language of WeChat", hint)
        words[language] = source.string(value, (*at, language), "a text")
    if not words:
        source.give_up(at, node, "a text is empty")
    return words


def _opening(source: Source, node: Node, at: Location) -> dict[str, Any] | None:
    fields = source.fields(node, at, CONTENTS, "an opening")
    content = _content(source, fields, at, "an opening")
    if content is None and at not in source.broken:
        source.give_up(at, node, "an opening says nothing", f"give it one of {', '.join(CONTENTS)}")
    return content


def _content(source: Source, fields: Mapping[str, Node], at: Location, what: str) -> dict[str, Any] | None:
    """The one content among these fields, if there is one."""
    kinds = [kind for kind in fields if kind in CONTENTS]
    for extra in kinds[1:]:
        message = f"{what} says one thing: `{kinds[0]}` is there already"
        source.mistake_at(fields[extra], message, "make it a step of its own")
    if not kinds:
        return None
    kind, node = kinds[0], fields[kinds[0]]
    source.note(at, node)
    if kind == "text":
        return {"kind": kind, "text": read_words(source, node, (*at, "text"))}
    if kind == "image":
        return {"kind": kind, "media_id": source.string(node, (*at, "media_id"), "`image`, a media id,")}
    if isinstance(node, SequenceNode):
        source.give_up(at, node, f"WeChat takes one `{kind}` in a message", "write it without `- `")
        return None
    return {"kind": kind, **_card(source, kind, node, at)}


_CARDS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "news": (("title", "description"), ("url", "picture")),
    "mini_program": (("title",), ("app_id", "page", "picture")),
    "menu": (("head", "tail"), ("items",)),
}


def _card(source: Source, kind: str, node: Node, at: Location) -> dict[str, Any]:
    translated, plain = _CARDS[kind]
    data: dict[str, Any] = {}
    for name, value in source.fields(node, at, (*translated, *plain), f"`{kind}`").items():
        if name in translated:
            data[name] = read_words(source, value, (*at, name))
        elif name == "items":
            data[name] = _menu_items(source, value, (*at, name))
        else:
            data[name] = source.string(value, (*at, name), f"`{name}`")
    return data


def _menu_items(source: Source, node: Node, at: Location) -> list[dict[str, Any]]:
    fields = source.fields(node, at, None, "`items`, one line per choice,")
    if not fields and at not in source.broken:
        source.give_up(at, node, "`items` is empty", "write one line per choice, `choice: text`")
    items = []
    for i, (name, value) in enumerate(fields.items()):
        source.note((*at, i), value)
        items.append({"id": name, "text": read_words(source, value, (*at, i, "text"))})
    return items


# --- steps ---------------------------------------------------------------------------------------


def _steps(source: Source, node: Node, at: Location) -> list[dict[str, Any]]:
    steps = []
    for i, one in enumerate(source.items(node, at, "a list of steps")):
        here = (*at, i)
        fields = source.fields(one, here, _STEPS, "a step")
        if len(fields) > 1:
            extra = list(fields)[1]
            message = f"one step at a time: `{extra}` is a step of its own"
            source.mistake_at(fields[extra], message, "begin it with `- `")
        if not fields and here not in source.broken:
            source.broken.add(here)
        kind = next(iter(fields), None)
        steps.append({"kind": kind, **_STEPS[kind](source, fields[kind], here)} if kind else {})
    return steps


def _send(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, (*CONTENTS, "not_sent", "if_unsure"), "`send`")
    data: dict[str, Any] = {"content": _content(source, fields, (*at, "content"), "a message")}
    if data["content"] is None and not source.broken & {at, (*at, "content")}:
        source.give_up((*at, "content"), node, "`send` says nothing", f"give it one of {', '.join(CONTENTS)}")
    if "if_unsure" in fields:
        data["if_unsure"] = source.string(fields["if_unsure"], (*at, "if_unsure"), "`if_unsure`")
    return data | _paths(source, fields, at)


def _ask(source: Source, node: Node, at: Location) -> dict[str, Any]:
    allowed = ("name", "choices", "within", "unanswered", "not_sent", *CONTENTS)
    fields = source.fields(node, at, allowed, "`ask`")
    data: dict[str, Any] = {"content": _content(source, fields, (*at, "content"), "a question")}
    if "name" in fields:
        data["name"] = source.string(fields["name"], (*at, "name"), "`name`")
    if "within" in fields:
        data["within"] = _duration(source, fields["within"], (*at, "within"))
    if "choices" in fields:
        data["choices"] = _choices(source, fields["choices"], (*at, "choices"))
    return data | _paths(source, fields, at)


def _choices(source: Source, node: Node, at: Location) -> dict[str, list[str]]:
    fields = source.fields(node, at, None, "`choices`")
    return {name: source.strings(value, (*at, name), "a word") for name, value in fields.items()}


def _paths(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    names = [name for name in ("unanswered", "not_sent") if name in fields]
    return {name: _steps(source, fields[name], (*at, name)) for name in names}


def _wait(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"seconds": _duration(source, node, (*at, "seconds"))}


def _duration(source: Source, node: Node, at: Location) -> int:
    text = source.string(node, at, "a duration")
    if at in source.broken:
        return 1
    try:
        return parse_duration(text)
    except ValueError as exc:
        source.mistake(at, str(exc))
        return 1


def _branch(source: Source, node: Node, at: Location) -> dict[str, Any]:
    cases: list[dict[str, Any]] = []
    data: dict[str, Any] = {"cases": cases}
    nodes = source.items(node, (*at, "cases"), "`branch`")
    for i, one in enumerate(nodes):
        fields = source.fields(one, (*at, "cases", i), ("when", "steps", "otherwise"), "a case of a branch")
        if "otherwise" not in fields:
            cases.append(_case(source, fields, (*at, "cases", i)))
            continue
        if len(fields) > 1 or i != len(nodes) - 1:
            message = "`otherwise` is the last case of a branch and has no `when`"
            source.mistake_at(fields["otherwise"], message)
        data["otherwise"] = _steps(source, fields["otherwise"], (*at, "otherwise"))
    if nodes and not cases:
        source.mistake((*at, "cases"), "a branch needs a case with `when` and `steps`")
    return data


def _case(source: Source, fields: Mapping[str, Node], at: Location) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if "when" in fields:
        data["when"] = _condition(source, fields["when"], (*at, "when"))
    if "steps" in fields:
        data["steps"] = _steps(source, fields["steps"], (*at, "steps"))
    return data


def _tag(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"tags": source.strings(node, (*at, "tags"), "a tag")}


def _award(source: Source, node: Node, at: Location) -> dict[str, Any]:
    fields = source.fields(node, at, ("points", "reason"), "`award`")
    data: dict[str, Any] = {}
    if "points" in fields:
        data["points"] = source.scalar(fields["points"], (*at, "points"), "`points`")
    if "reason" in fields:
        data["reason"] = source.string(fields["reason"], (*at, "reason"), "`reason`")
    return data


def _stop(source: Source, node: Node, at: Location) -> dict[str, Any]:
    return {"reason": source.string(node, (*at, "reason"), "the reason of a stop")}


_STEPS: Mapping[str, Callable[[Source, Node, Location], dict[str, Any]]] = {
    "send": _send,
    "ask": _ask,
    "wait": _wait,
    "branch": _branch,
    "tag": _tag,
    "untag": _tag,
    "award": _award,
    "stop": _stop,
}
