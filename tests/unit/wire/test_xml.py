import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.wechat_server import message
from wejourney.domain.errors import CallbackRefusedError
from wejourney.wire.xml import parse_xml

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    "<xml><Content>&b;</Content></xml>"
)


def test_a_field_is_its_text_as_it_was_written() -> None:
    assert parse_xml("<xml><A> 你好 &amp; <![CDATA[<b>]]>\n</A><B/><C>1</C></xml>".encode()) == {
        "A": " 你好 & <b>\n",
        "B": "",
        "C": "1",
    }


def test_fields_of_a_field_are_a_dict() -> None:
    xml = (
        b"<xml><ScanCodeInfo>\n<ScanType>qrcode</ScanType>\n<ScanResult>1</ScanResult>\n</ScanCodeInfo></xml>"
    )
    assert parse_xml(xml) == {"ScanCodeInfo": {"ScanType": "qrcode", "ScanResult": "1"}}


def test_a_repeated_field_is_a_list() -> None:
    assert parse_xml(b"<xml><A>1</A><A>2</A><A>3</A></xml>") == {"A": ["1", "2", "3"]}


@pytest.mark.parametrize(
    ("xml", "fields"),
    [
        (b"<xml><PicList><item><P>1</P></item></PicList></xml>", {"PicList": {"item": [{"P": "1"}]}}),
        (b"<xml><E><List><T>1</T></List></E></xml>", {"E": {"List": [{"T": "1"}]}}),
    ],
)
def test_what_wechat_repeats_is_a_list_even_when_there_is_one(xml: bytes, fields: object) -> None:
    assert parse_xml(xml) == fields


def test_other_encodings_are_read_as_declared() -> None:
    xml = '<?xml version="1.0" encoding="UTF-16"?><xml><A>你好</A></xml>'
    assert parse_xml(xml.encode("utf-16")) == {"A": "你好"}


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "empty"),
        (b" \r\n", 400, "empty"),
        (b'{"ToUserName": "gh_1"}', 415, "choose XML"),
        (b' \xef\xbb\xbf[{"ToUserName": "gh_1"}]', 415, "choose XML"),
        (b"<xml/>", 400, "without fields"),
        (b"<xml></xml>", 400, "without fields"),
        (b"<xml>words</xml>", 400, "without fields"),
        (b"<xml><A></xml>", 400, "not well-formed"),
        (b"<xml><A>1</A>", 400, "not well-formed"),
        (b"<xml><A>1</A></xml><xml/>", 400, "not well-formed"),
        (b"<xml><A>\x01</A></xml>", 400, "not well-formed"),
        (b"<xml><A>&nbsp;</A></xml>", 400, "not well-formed"),
        (b"<xml><A>\xff</A></xml>", 400, "not well-formed"),
        (b'<?xml version="1.0" encoding="klingon"?><xml><A/></xml>', 400, "not well-formed"),
        (b'<?xml version="1.0" encoding="idna"?><xml><A/></xml>', 400, "not well-formed"),
        (b"<html><A>1</A></html>", 400, "not an <xml> element"),
        (b"a=1&b=2", 400, "not well-formed"),
        (BOMB.encode(), 400, "document type or entities"),
        (b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml><A/></xml>', 400, "document type"),
        (b'<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><A>&a;</A></xml>', 400, "document"),
        (b"<xml>" + b"<a>" * 16, 400, "nested too deeply"),
        (b"<xml>" * 200_000, 400, "nested too deeply"),
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


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *(b"<xml>", b"</xml>", b"<A>", b"</A>", b"<A/>", b"<![CDATA[", b"]]>", b"&amp;", b"&#0;", b"x"),
            *(b"<!DOCTYPE xml [", b"<!ENTITY a 'b'>", b"]>", b"&a;", b"<?xml version='1.0' encoding='"),
            *(b"utf-8'?>", b"rot13'?>", b"utf-7'?>", b"hex'?>", b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"{"),
        ]
    )
    | st.binary(max_size=5)
).map(b"".join)


@settings(deadline=None)
@given(st.binary() | FRAGMENTS)
@example(b"<?xml version='1.0' encoding='rot13'?><xml><A/></xml>")
@example(b"<?xml version='1.0' encoding='hex'?><xml><A/></xml>")
@example(b"<?xml version='1.0' encoding='utf-7'?><xml><A>+2AA-</A></xml>")
def test_any_bytes_are_fields_or_a_refusal(body: bytes) -> None:
    assert outcome(body)


# What XML cannot hold, and the carriage return, which XML reads as a line feed.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)


@settings(deadline=None)
@given(TEXTS.filter(lambda text: "]]>" not in text))
def test_any_text_is_read_as_it_was_sent(content: str) -> None:
    assert parse_xml(message(MsgType="text", Content=content).encode())["Content"] == content
