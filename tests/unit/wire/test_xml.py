"""WeChat's framing: texts as they were typed, in CDATA, without any escaping.

What is made up is made from seeds, so that all runs are alike.
"""

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from tests.support.servers.framing import FORBIDDEN, framed, read_back, typed_text
from wejourney.errors import CallbackRefusedError
from wejourney.wire.official_account.xml import parse_xml

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    "<xml><Content>&b;</Content></xml>"
)

# --- what people type -------------------------------------------------------------------------------

SURROUNDINGS: dict[str, list[tuple[str, str]]] = {
    "text": [("Content", ""), ("MsgId", "24762519581347001"), ("bizmsgmenuid", "101")],
    "a text whose id comes first": [("MsgId", "1"), ("Content", "")],
    "a text from an article": [("Content", ""), ("MsgId", "1"), ("MsgDataId", "55"), ("Idx", "2")],
    "voice": [("MediaId", "M"), ("Format", "amr"), ("MsgId", "1"), ("Recognition", "")],
    "location": [("Location_X", "31.2"), ("Scale", "15"), ("Label", ""), ("MsgId", "1")],
    "link: title": [("Title", ""), ("Description", "d"), ("Url", "https://e.com/?a=1&b=2"), ("MsgId", "1")],
    "link: description": [("Title", "t"), ("Description", ""), ("Url", "u"), ("MsgId", "1")],
    "link: address": [("Title", "t"), ("Description", "d"), ("Url", ""), ("MsgId", "1")],
    "a card: title": [("Title", ""), ("AppId", "wx0"), ("PagePath", "p"), ("ThumbUrl", "u"), ("MsgId", "1")],
    "a card: page": [
        ("Title", "t"),
        ("AppId", "wx0"),
        ("PagePath", ""),
        ("ThumbMediaId", "m"),
        ("MsgId", "1"),
    ],
    "a scan": [("EventKey", "K"), ("ScanCodeInfo/ScanType", "qrcode"), ("ScanCodeInfo/ScanResult", "")],
    "a place: label": [("EventKey", "K"), ("SendLocationInfo/Label", ""), ("SendLocationInfo/Poiname", "x")],
    "a place: name": [("EventKey", "K"), ("SendLocationInfo/Label", "x"), ("SendLocationInfo/Poiname", "")],
}
"""The fields of messages in WeChat's order; the empty one is what somebody types."""


def fields_of(name: str, typed: str) -> list[tuple[str, str]]:
    return [(field, value or typed) for field, value in SURROUNDINGS[name]]


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_any_text_arrives_and_changes_no_other_field(name: str) -> None:
    random = Random(name)  # noqa: S311
    for _ in range(300):
        fields = fields_of(name, typed_text(random) or "x")
        assert read_back(parse_xml(framed(fields))) == [
            (field, FORBIDDEN.sub("\ufffd", value)) for field, value in fields
        ]


FORGED = [
    "x]]></{0}><bizmsgmenuid>gold</bizmsgmenuid><{0}><![CDATA[y",
    "x]]></{0}><bizmsgmenuid><![CDATA[gold]]></bizmsgmenuid><{0}><![CDATA[y",
    "x]]></{0}><bizmsgmenuid>gold</bizmsgmenuid>",
    "x]]></{0}><bizmsgmenuid>gold</bizmsgmenuid><MsgDataId><![CDATA[",
    "x]]></{0}><FromUserName><![CDATA[oOther]]></FromUserName><{0}><![CDATA[y",
    "x]]></{0}></xml><xml><{0}><![CDATA[y",
    "x]]></MsgType><MsgType><![CDATA[event]]></MsgType><{0}><![CDATA[y",
    "x]]></{0}><item><{0}>y</{0}></item><{0}><![CDATA[z",
    "x]]></Title><bizmsgmenuid>gold</bizmsgmenuid><{0}><![CDATA[y",
    "x]]></Description><FromUserName>oOther</FromUserName><{0}><![CDATA[y",
    "]]></{0}>",
    "<![CDATA[",
    "<status><![CDATA[ok]]></status>",
    "]]]]><![CDATA[>",
]


@pytest.mark.parametrize("name", SURROUNDINGS)
@pytest.mark.parametrize("forged", FORGED)
def test_what_people_type_cannot_become_another_field(name: str, forged: str) -> None:
    typed_into = next(field for field, value in SURROUNDINGS[name] if not value).rpartition("/")[2]
    fields = fields_of(name, forged.format(typed_into))
    assert read_back(parse_xml(framed(fields))) == fields


@pytest.mark.parametrize("times", [1, 100, 120, 1_000])
@pytest.mark.parametrize("typed", ["]]></Title>", "]]>", "]]></Description><Description><![CDATA["])
def test_a_hostile_title_of_a_card_loses_no_field_however_long_it_is(typed: str, times: int) -> None:
    fields = [
        ("FromUserName", "o"),
        ("MsgType", "link"),
        ("Title", typed * times),
        ("Description", ""),
        ("Url", ""),
    ]
    read = dict(read_back(parse_xml(framed([*fields, ("MsgId", "1")]))))
    assert (read["FromUserName"], read["MsgType"], read["MsgId"]) == ("o", "link", "1")
    assert read.keys() <= {name for name, _ in fields} | {"MsgId"}


@pytest.mark.parametrize("times", [1, 1_000, 10_000])
@pytest.mark.parametrize("typed", ["a]]></Title>", "]]></Title>", "]]></Title> b"])
@pytest.mark.parametrize("name", ["Description", "Url"])
def test_the_ends_of_another_typed_field_in_a_text_lose_no_field_however_many_they_are(
    name: str, typed: str, times: int
) -> None:
    texts = {"Title": "a", "Description": "b", "Url": "c"} | {name: typed * times}
    fields = [("FromUserName", "o"), ("MsgType", "link"), *texts.items(), ("MsgId", "1")]
    assert dict(read_back(parse_xml(framed(fields)))) == dict(fields)


def test_several_typed_texts_of_a_message_never_make_a_field_that_is_none_of_theirs() -> None:
    """Of two hostile texts side by side nobody can tell where one ends: but they stay what people typed."""
    random = Random(0)  # noqa: S311
    envelope = {"FromUserName": "o", "MsgType": "link"}
    for _ in range(1000):
        typed = [(name, typed_text(random)) for name in ("Title", "Description", "Url")]
        read = dict(read_back(parse_xml(framed([*envelope.items(), *typed, ("MsgId", "1")]))))
        others = {name: read[name] for name in read.keys() - {"Title", "Description", "Url"}}
        assert others == {**envelope, "MsgId": "1"}, typed


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"yes\x1dplease", "yes\ufffdplease"),
        (b"caf\xc3", "caf\ufffd"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ("\ufffe\uffff".encode(), "\ufffd\ufffd"),
        (b"\xed\xa0\xbd", "\ufffd\ufffd\ufffd"),
        (b"a\r\nb\rc", "a\r\nb\rc"),
        (b"&#8; &amp; &lt;", "&#8; &amp; &lt;"),
    ],
)
def test_bytes_that_are_no_text_are_replaced_in_cdata(raw: bytes, read: str) -> None:
    assert parse_xml(b"<xml><Content><![CDATA[" + raw + b"]]></Content></xml>") == {"Content": read}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("&lt;b&gt; &amp;amp; &quot;&apos;", "<b> &amp; \"'"),
        ("&#20320;&#x597D;", "你好"),
        ("&#8;|&#0;|&#xFFFF;|&#x110000;", "\ufffd|\ufffd|\ufffd|\ufffd"),
        ("&#xD83D;&#xDE00;", "😀"),
        ("&#xD83D;|&#xDE00;", "\ufffd|\ufffd"),
        ("&nbsp; a & b &#; &unknown;", "&nbsp; a & b &#; &unknown;"),
    ],
)
def test_references_outside_of_cdata_are_read_and_what_is_none_stays(raw: str, read: str) -> None:
    assert parse_xml(f"<xml><Label>{raw}</Label></xml>".encode()) == {"Label": read}


# --- shapes -------------------------------------------------------------------------------------------


def test_fields_of_a_field_are_a_dict() -> None:
    xml = (
        b"<xml><ScanCodeInfo>\n<ScanType>qrcode</ScanType>\n<ScanResult>1</ScanResult>\n</ScanCodeInfo></xml>"
    )
    assert parse_xml(xml) == {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}}


def test_a_repeated_field_is_a_list() -> None:
    assert parse_xml(b"<xml><A>1</A><A>2</A><A>3</A></xml>") == {"A": ["1", "2", "3"]}
    assert parse_xml(b"<xml><A>1</A><B/><A>2</A></xml>") == {"A": ["1", "2"], "B": ""}


@pytest.mark.parametrize(
    ("xml", "fields"),
    [
        (b"<xml><PicList><item><P>1</P></item></PicList></xml>", {"PicList": {"item": [{"P": "1"}]}}),
        (b"<xml><E><List><T>1</T></List></E></xml>", {"E": {"List": [{"T": "1"}]}}),
    ],
)
def test_what_wechat_repeats_is_a_list_even_when_there_is_one(xml: bytes, fields: object) -> None:
    assert parse_xml(xml) == fields


def test_blanks_and_a_declaration_around_the_fields_mean_nothing() -> None:
    xml = '\ufeff \n<?xml version="1.0" encoding="UTF-8"?>\n<xml>\n <A><![CDATA[1]]></A>\t<B>2</B >\n</xml>\n'
    assert parse_xml(xml.encode()) == {"A": "1", "B": "2"}


NAMES = ("A", "B", "item", "List", "MsgType", "Url")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
"""Characters that a library for XML reads otherwise, or does not read."""


def tree(random: Random, depth: int) -> Any:
    """A text and whether it stands in CDATA, or fields by name."""
    if not depth or random.random() < 0.4:
        return CONTROL.sub("", FORBIDDEN.sub("", typed_text(random))), random.random() < 0.5
    return {name: tree(random, depth - 1) for name in random.sample(NAMES, random.randint(1, 3))}


def written(tree: Any) -> str:
    if isinstance(tree, tuple):
        text, cdata = tree
        if cdata and "]]>" not in text:
            return f"<![CDATA[{text}]]>"
        return str(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
    return "".join(f"<{name}>{written(value)}</{name}>" for name, value in tree.items())


def expected(element: Any) -> Any:
    if not len(element):
        return element.text or ""
    children = {child.tag: expected(child) for child in element}
    return {name: [value] if name in ("item", "List") else value for name, value in children.items()}


def test_well_formed_xml_is_read_as_a_library_reads_it() -> None:
    random, refused = Random(0), 0  # noqa: S311
    for _ in range(500):
        fields = {name: tree(random, 3) for name in random.sample(NAMES, random.randint(1, 4))}
        xml = f"<xml>{written(fields)}</xml>".encode()
        if any(isinstance(value, dict) for name, value in named(fields) if name in ("MsgType", "Url")):
            refused += 1
            assert outcome(xml) is True
        else:
            assert parse_xml(xml) == expected(fromstring(xml))
    assert 100 < refused < 400


def named(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """All fields, and the fields of fields."""
    for name, value in fields.items():
        yield name, value
        yield from named(value) if isinstance(value, dict) else ()


# --- what is refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "empty"),
        (b" \r\n", 400, "empty"),
        (b'{"ToUserName": "gh_1"}', 415, "choose XML"),
        (b' \xef\xbb\xbf[{"ToUserName": "gh_1"}]', 415, "choose XML"),
        (b"<xml/>", 400, "without fields"),
        (b"<xml></xml>", 400, "without fields"),
        (b"<xml>words</xml>", 400, "not well-formed"),
        (b"<xml><A></xml>", 400, "not well-formed"),
        (b"<xml><A>1</A>", 400, "not well-formed"),
        (b"<xml><A>1</A></xml><xml/>", 400, "not well-formed"),
        (b"<xml><A>1</B></xml>", 400, "not well-formed"),
        (b"<xml><A><![CDATA[1]]></B></xml>", 400, "not well-formed"),
        (b"<xml><A b='c'>1</A></xml>", 400, "not well-formed"),
        (b"<xml><!-- a --><A>1</A></xml>", 400, "not well-formed"),
        (b"<html><A>1</A></html>", 400, "not an <xml> element"),
        (b"a=1&b=2", 400, "not an <xml> element"),
        ("<xml><A>1</A></xml>".encode("utf-16"), 400, "not an <xml> element"),
        (BOMB.encode(), 400, "document type or entities"),
        (b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml><A/></xml>', 400, "document type"),
        (b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><A>&a;</A></xml>', 400, "document"),
        (b"<xml>" + b"<a>" * 17 + b"</xml>", 400, "nested too deeply"),
        (b"<xml>" * 50_000 + b"</xml>", 400, "nested too deeply"),
        (b"<xml><MsgType>a</MsgType><MsgType>b</MsgType></xml>", 400, "not well-formed"),
        (b"<xml><FromUserName><a>1</a></FromUserName></xml>", 400, "not well-formed"),
    ],
)
def test_anything_else_is_refused_by_its_reason(body: bytes, status: int, reason: str) -> None:
    with pytest.raises(CallbackRefusedError, match=reason) as caught:
        parse_xml(body)
    assert caught.value.status == status


def outcome(body: bytes) -> object:
    try:
        return parse_xml(body)
    except CallbackRefusedError as refusal:
        return 400 <= refusal.status < 500


FRAGMENTS = (
    *(b"<xml>", b"</xml>", b"<A>", b"</A>", b"<A/>", b"<![CDATA[", b"]]>", b"&amp;", b"&#0;", b"x"),
    *(b"<!DOCTYPE xml [", b"<!ENTITY a 'b'>", b"]>", b"&a;", b"<?xml version='1.0' encoding='"),
    *(b"utf-8'?>", b"rot13'?>", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"{", b"<Content>", b"</Content>"),
    *(b"<Title>", b"</Title>", b"<item>", b"</item>", b"]]></Content>", b"]]></Title>"),
)


def test_any_bytes_are_fields_or_a_refusal() -> None:
    random = Random(0)  # noqa: S311
    assert outcome(b"<?xml version='1.0' encoding='rot13'?><xml><A/></xml>")
    for _ in range(2000):
        parts = (random.choice((*FRAGMENTS, random.randbytes(5))) for _ in range(random.randrange(12)))
        body = b"".join(parts)
        assert outcome(body), body
        assert outcome(b"<xml>" + body + b"</xml>"), body


@pytest.mark.parametrize(
    "repeated",
    [
        "]]></Content>",
        "]]></Title><Title><![CDATA[",
        "]]></A><A><![CDATA[",
        "<Content><![CDATA[",
        "]]>",
        "<A>",
    ],
)
def test_a_hostile_text_is_read_in_a_bounded_number_of_readings(repeated: str) -> None:
    """No clock: `_MOST_CHARACTERS` bounds the work, and each reading goes through the text once."""
    typed = repeated * (200_000 // len(repeated))
    for name in ("Content", "Title", "A"):
        outcome(framed([("MsgType", "text"), (name, typed), ("Url", typed[:100]), ("MsgId", "1")]))
