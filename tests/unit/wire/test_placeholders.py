"""What WeChat writes in place of a message that it cannot pass on."""

import itertools
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.wire.official_account.events import is_placeholder

SEEN = [
    "【收到不支持的消息类型，暂无法显示】",  # wechatpy #656 and some forty public code bases
    "[收到不支持的消息类型,暂时无法显示]",  # WeiXinMPSDK #1087
    "[Unsupported Message]",  # wechatpy #656
    "[Unsupported message]",
    "【收到不支持的訊息類型，暫無法顯示】",
]
WIDE = {code: code - 0x20 + 0xFF00 for code in range(0x21, 0x7F)}
"""ASCII in full width."""

BLANKS = ["", " ", "\n", "\u3000", "\xa0", "\t "]


@pytest.mark.parametrize("text", SEEN)
def test_a_placeholder_is_known_whatever_blanks_stand_around_it(text: str) -> None:
    for before, behind in itertools.product(BLANKS, BLANKS):
        assert is_placeholder(before + text + behind)


SPELLINGS: list[Callable[[str], str]] = [
    str,
    lambda text: text.translate(WIDE),
    lambda text: text.replace(" ", "  "),
    lambda text: text.replace(" ", "\xa0"),
]
ENDINGS = ["[Unsupported Message Type, unable to display]", "[unsupported message type]"]


@pytest.mark.parametrize("text", [*SEEN, *ENDINGS])
@pytest.mark.parametrize("invisible", ["", "\ufeff", "\u200b", "\u200d", "\u2060", "\u200e", "\xad"])
def test_width_blanks_and_invisible_characters_do_not_hide_a_placeholder(text: str, invisible: str) -> None:
    for spelt in SPELLINGS:
        said = spelt(text)
        assert is_placeholder(said)
        for at in range(len(said) + 1):
            assert is_placeholder(said[:at] + invisible + said[at:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "Unsupported Message",
        "收到不支持的消息类型，暂无法显示",
        "[Smile]",
        "[难过]",
        "【你好】",
        "I got 【收到不支持的消息类型，暂无法显示】",
        "[Unsupported Message] what is that?",
        "[Unsupported Message][Unsupported Message]",
        " " * 100_000 + "[Unsupported Message]",
    ],
)
def test_ordinary_text_is_not_a_placeholder(text: str) -> None:
    assert not is_placeholder(text)


def seen(text: str) -> str:
    """What a person sees of a text."""
    shown = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFKC", shown).strip()


@given(st.text(), st.sampled_from(SEEN))
def test_a_placeholder_inside_a_longer_text_is_text(text: str, placeholder: str) -> None:
    assert is_placeholder(text + placeholder) == (not seen(text))
