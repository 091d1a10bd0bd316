"""The fields of contents: texts by language, messages and cards, and those of the library."""

from collections.abc import Mapping
from dataclasses import replace

from wejourney.languages import ANY_LANGUAGE
from wejourney.messaging import contents
from workbench.language import forms
from workbench.language.forms import PLAIN, Field, Fields, Form, called, define, plain
from workbench.language.mistakes import Phrase, nearest, phrase
from workbench.language.parse_values import LANGUAGE_PATTERN, LANGUAGES, known_language
from workbench.language.source import Location, Source
from workbench.language.yaml_nodes import MappingNode, Node, SequenceNode, is_nothing

_VARIANTS = (*LANGUAGES, ANY_LANGUAGE)
_LANGUAGE_SCHEMA = {"anyOf": [{"enum": list(_VARIANTS)}, {"pattern": LANGUAGE_PATTERN}]}
_NO_TEXT = phrase("text or no field")


def _read_text(source: Source, node: Node, at: Location, what: str) -> dict[str, str]:
    """A text by language; a plain text serves every language."""
    if not isinstance(node, MappingNode):
        return {ANY_LANGUAGE: source.string(node, at, what)}
    texts: dict[str, str] = {}
    for language, value in forms.named_nodes(source, node, at, "a text", _NO_TEXT).items():
        if is_nothing(value) and node.flow_style:
            hint = phrase("quote a comma")
            if "|" in language:
                hint = phrase("quote a merge field", language=language)
            source.give_up((*at, language), value, phrase("language without text", language=language), hint)
            continue
        tag = language if language == ANY_LANGUAGE else known_language(language)
        if tag is None:
            message = phrase("unknown language", language=language)
            source.mistake_in_name((*at, language), message, nearest(language, _VARIANTS))
        elif tag in texts:
            source.mistake_in_name((*at, language), phrase("twice", name=tag), phrase("remove one"))
        tag = tag or language
        texts[tag] = source.string(value, (*at, tag), what)
    return texts


_BY_LANGUAGE = {**forms.by_name(PLAIN, None).schema, "propertyNames": _LANGUAGE_SCHEMA}
_TEXT_HELP = "A text by language, or one text for all; `|-` starts several lines."
TEXT = define(
    "localized_text",
    {"description": _TEXT_HELP, "anyOf": [PLAIN.schema, _BY_LANGUAGE]},
    called("a text", _read_text),
)


def text(noun: str) -> Form:
    """A text by language; mistakes call a single one by this noun."""
    return Form(TEXT.schema, called(noun, _read_text))


def reason_of(words: contents.LocalizedText) -> str:
    """The text by which a reason is known."""
    return contents.choose(words, "en", "en")


def texts_of(words: contents.LocalizedText) -> contents.LocalizedText:
    """A reason by language; nothing where it has one text for all."""
    return {} if words.keys() == {ANY_LANGUAGE} else words


def _read_items(source: Source, node: Node, at: Location, what: str) -> tuple[contents.MenuItem, ...]:
    items = []
    found = forms.named_nodes(source, node, at, what, phrase("one line per choice"))
    for i, (name, value) in enumerate(found.items()):
        source.note((*at, i), value)
        items.append(contents.MenuItem(name, _read_text(source, value, (*at, i, "text"), "a text")))
    return tuple(items)


_BY_NAME = forms.by_name(TEXT, phrase("one line per template field"))
_DATA = define("texts_by_name", _BY_NAME.schema, _BY_NAME.read)
_ITEMS = Form(_DATA.schema, _read_items)
_NEWS: Fields = {
    "title": Field("The card's title, at most 128 bytes.", TEXT),
    "description": Field("The text below the title, at most 512 bytes.", TEXT),
    "url": Field("The page that it opens.", PLAIN),
    "picture": Field("The address of its picture.", PLAIN),
}
_MINI_PROGRAM: Fields = {
    "title": Field("The card's title, at most 64 bytes.", TEXT),
    "app_id": Field("The mini program's app id.", PLAIN),
    "page": Field("The page that it opens.", PLAIN),
    "picture": Field("The media id of its picture.", PLAIN),
}
_MENU: Fields = {
    "head": Field("The text above the items.", TEXT),
    "items": Field("The items to tap, by choice.", _ITEMS),
    "tail": Field("The text below the items.", TEXT),
}
_TEMPLATE: Fields = {
    "id": Field("The id of the template.", PLAIN, "template_id"),
    "data": Field("The template's fields, such as `thing1`.", _DATA),
    "url": Field("The page that the message opens.", PLAIN),
}
_NOTICE: Fields = {
    "id": Field("The id of the template that the follower agreed to.", PLAIN, "template_id"),
    "data": Field("The template's fields, such as `thing1`.", _DATA),
    "page": Field("The page that the notice opens.", PLAIN),
}
_MASS: Fields = {"text": Field("The text.", TEXT)}


def _card(make: type[contents.Content], fields: Fields) -> Form:
    record = forms.Record(make, fields, f"`{make.kind}`")

    def read(source: Source, node: Node, at: Location, what: str) -> object:
        if isinstance(node, SequenceNode):
            source.give_up(at, node, phrase("one card per message", what=what), phrase("without a dash"))
            return None
        return record.read(source, node, at, what)

    return define(make.kind, record.schema(), read)


def _read_from_library(source: Source, node: Node, at: Location, what: str) -> object:
    name = source.string(node, at, what)
    if at in source.broken:
        return None
    if name not in source.library:
        hint = nearest(name, source.library) or phrase("no contents")
        source.give_up(at, node, phrase("unknown content", name=name), hint)
        return None
    source.inlined[at] = name
    content = source.library[name]
    if content is None:
        # The mistake stands in the content's own file.
        source.broken.add(at)
    return content


_TEMPLATE_HELP = "A template message; for service, not for marketing."
_NOTICE_HELP = "A subscription notice; for service, not for marketing."
CONTENT_FIELDS: Fields = {
    "text": Field("A text of at most 2048 bytes.", forms.single(contents.Text, "text", TEXT)),
    "image": Field("The media id of a picture.", forms.single(contents.Image, "media_id", plain("an image"))),
    "news": Field("A card with a picture that opens a page.", _card(contents.News, _NEWS)),
    "mini_program": Field(
        "A card that opens a page of a mini program.", _card(contents.MiniProgramCard, _MINI_PROGRAM)
    ),
    "menu": Field("A menu message: items to tap.", _card(contents.Menu, _MENU)),
    "template": Field(_TEMPLATE_HELP, _card(contents.Template, _TEMPLATE)),
    "notice": Field(_NOTICE_HELP, _card(contents.Notice, _NOTICE)),
    "mass": Field("A mass message to this follower, four per month.", _card(contents.Mass, _MASS)),
}
_STORED = Form(PLAIN.schema, called("a content's name", _read_from_library))
MESSAGE_FIELDS: Fields = {
    **CONTENT_FIELDS,
    "content": Field("The name of a content of the library, infra/contents.", _STORED),
}


def _read_content(
    source: Source, found: Mapping[str, Node], at: Location, what: str, none: tuple[Phrase, Fields] | None
) -> object:
    """The one content among these fields; `none` is the mistake if there is none, and what there could be."""
    kinds = [kind for kind in found if kind in MESSAGE_FIELDS]
    for extra in kinds[1:]:
        message = phrase("second content", what=what, kind=kinds[0])
        source.mistake_at(found[extra], message, phrase("separate step"))
    if kinds:
        kind, node = kinds[0], found[kinds[0]]
        source.note(at, node)
        content = MESSAGE_FIELDS[kind].form.read(source, node, at, f"`{kind}`")
        if isinstance(content, contents.Menu):
            # By its place, so that no two menus share the ids of lines.
            place = "/".join(map(str, (source.name, *at)))
            number = contents.menu_number(place, [item.id for item in content.items])
            return replace(content, number=number)
        return content
    if none is not None:
        message, offered = none
        source.mistake(at, message, phrase("give one of", names=tuple(offered)))
        source.broken.add(at)
    return None


def content_among(what: str, none: Phrase | None = None) -> forms.Group:
    """The content among the fields of a step; `none` is the mistake if there is none."""

    def read(source: Source, found: Mapping[str, Node], at: Location) -> dict[str, object]:
        missing = (none, MESSAGE_FIELDS) if none else None
        return {"content": _read_content(source, found, (*at, "content"), what, missing)}

    return forms.Group(MESSAGE_FIELDS, read)


def _content(name: str, what: str, none: Phrase, fields: Fields, shown: Fields) -> Form:
    """A content that stands alone; the schema has only the fields that are `shown`."""

    def read(source: Source, node: Node, at: Location, _what: str) -> object:
        found = source.fields(node, at, fields, what)
        return None if at in source.broken else _read_content(source, found, at, what, (none, fields))

    return define(name, forms.object_schema(shown, oneOf=forms.requires_one_of(shown)), read)


_PASSIVE = {
    name: MESSAGE_FIELDS[name]
    for name in (*CONTENT_FIELDS, "content")
    if name in {*contents.PASSIVE_KINDS, "content"}
}
OPENING = _content("opening", "an opening", phrase("no content", what="an opening"), MESSAGE_FIELDS, _PASSIVE)
MESSAGE = _content(
    "message", "a message", phrase("no content", what="a message"), MESSAGE_FIELDS, MESSAGE_FIELDS
)
STORED_CONTENT = _content(
    "stored_content", "a content", phrase("empty content"), CONTENT_FIELDS, CONTENT_FIELDS
)
