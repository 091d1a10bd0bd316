"""What is said, as people write it: texts by language, contents, and those of the library."""

from collections.abc import Callable, Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from wejourney.messaging.contents import ANY_LANGUAGE
from workbench.language.mistakes import nearest
from workbench.language.source import Location, Source, is_nothing
from workbench.language.vocabulary import (
    CONTENT,
    LANGUAGES,
    MASS,
    MENU,
    MINI_PROGRAM,
    NEWS,
    NOTICE,
    SAID,
    TEMPLATE,
    Fields,
)


def read_words(source: Source, node: Node, at: Location) -> dict[str, str]:
    """A text by language; a plain text serves every language."""
    if not isinstance(node, MappingNode):
        return {ANY_LANGUAGE: source.string(node, at, "a text")}
    words = {}
    fields = source.fields(node, at, None, "a text")
    for language, value in fields.items():
        if is_nothing(value) and node.flow_style:
            hint = 'quote a text with a comma between braces: {en: "Yes, please"}'
            if "|" in language:
                hint = f'a text that begins with a merge field needs quotes: "{{{language}}}"'
            source.give_up((*at, language), value, f"`{language}` has no text", hint)
            continue
        if language not in (*LANGUAGES, ANY_LANGUAGE):
            hint = nearest(language, (*LANGUAGES, ANY_LANGUAGE))
            source.mistake_in_name((*at, language), f"`{language}` is not a language code of WeChat", hint)
        words[language] = source.string(value, (*at, language), "a text")
    if not fields:
        source.give_up(at, node, "a text is empty", "write the text, or remove the field")
    return words


def read_said(source: Source, node: Node, at: Location, what: str) -> dict[str, Any] | None:
    """A content that stands alone: an opening, one of `instead`."""
    content = read_content(source, source.fields(node, at, SAID, what), at, what)
    if content is None and at not in source.broken:
        source.give_up(at, node, f"{what} has no content", f"give it one of {', '.join(SAID)}")
    return content


def read_stored(source: Source, node: Node) -> dict[str, Any] | None:
    """The whole file of a content of the library."""
    content = read_content(source, source.fields(node, (), CONTENT, "a content"), (), "a content")
    if content is None and () not in source.broken:
        source.give_up((), node, "the content is empty", f"give it one of {', '.join(CONTENT)}")
    return content


def read_content(
    source: Source, fields: Mapping[str, Node], at: Location, what: str
) -> dict[str, Any] | None:
    """The one content among these fields, if there is one."""
    kinds = [kind for kind in fields if kind in SAID]
    for extra in kinds[1:]:
        message = f"{what} has one content, and `{kinds[0]}` is one already"
        source.mistake_at(fields[extra], message, "make it a separate step")
    if not kinds:
        return None
    kind, node = kinds[0], fields[kinds[0]]
    if kind == "content":
        return _from_library(source, node, at)
    source.note(at, node)
    if kind == "text":
        return {"kind": kind, "text": read_words(source, node, (*at, "text"))}
    if kind == "image":
        return {"kind": kind, "media_id": source.string(node, (*at, "media_id"), "`image`, a media id,")}
    if isinstance(node, SequenceNode):
        source.give_up(at, node, f"WeChat accepts one `{kind}` per message", "write it without `- `")
        return None
    return {"kind": kind, **_card(source, kind, node, at)}


def _from_library(source: Source, node: Node, at: Location) -> dict[str, Any] | None:
    name = source.string(node, at, "`content`, a name of the library,")
    if at in source.broken:
        return None
    if name not in source.library:
        hint = nearest(name, source.library) or "the folder infra/contents is empty"
        source.give_up(at, node, f"there is no content `{name}`", hint)
        return None
    source.inlined[at] = name
    content = source.library[name]
    if content is None:
        # The mistake stands in the content's own file.
        source.broken.add(at)
    return dict(content) if content is not None else None


_CARDS: Mapping[str, Fields] = {
    "news": NEWS,
    "mini_program": MINI_PROGRAM,
    "menu": MENU,
    "template": TEMPLATE,
    "notice": NOTICE,
    "mass": MASS,
}


def _card(source: Source, kind: str, node: Node, at: Location) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, value in source.fields(node, at, _CARDS[kind], f"`{kind}`").items():
        if name == "id":
            data["template_id"] = source.string(value, (*at, "template_id"), "`id`")
        elif name in _TRANSLATED:
            data[name] = _TRANSLATED[name](source, value, (*at, name))
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


def _template_data(source: Source, node: Node, at: Location) -> dict[str, dict[str, str]]:
    fields = source.fields(node, at, None, "`data`, one line per field of the template,")
    if not fields and at not in source.broken:
        source.give_up(
            at, node, "`data` is empty", "write one line per field of the template, `thing1: text`"
        )
    return {name: read_words(source, value, (*at, name)) for name, value in fields.items()}


_TRANSLATED: Mapping[str, Callable[[Source, Node, Location], Any]] = {
    "title": read_words,
    "description": read_words,
    "head": read_words,
    "tail": read_words,
    "text": read_words,
    "items": _menu_items,
    "data": _template_data,
}
