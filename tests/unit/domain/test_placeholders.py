"""What WeChat writes in place of a message that it cannot pass on."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.domain.placeholders import is_placeholder

SEEN = [
    "【收到不支持的消息类型，暂无法显示】",  # wechatpy #656 and some forty public code bases
    "[收到不支持的消息类型,暂时无法显示]",  # WeiXinMPSDK #1087
    "[Unsupported Message]",  # wechatpy #656
    "[Unsupported message]",
    "【收到不支持的訊息類型，暫無法顯示】",
]
BLANKS = ["", " ", "\n", "\u3000", "\xa0", "\t "]


@pytest.mark.parametrize("text", SEEN)
def test_a_placeholder_is_known_whatever_blanks_stand_around_it(text: str) -> None:
    for before, behind in itertools.product(BLANKS, BLANKS):
        assert is_placeholder(before + text + behind)


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
def test_words_are_not_taken_for_one(text: str) -> None:
    assert not is_placeholder(text)


@given(st.text(), st.sampled_from(SEEN))
def test_a_placeholder_within_words_is_words(text: str, placeholder: str) -> None:
    assert is_placeholder(text + placeholder) == (not text.strip())
