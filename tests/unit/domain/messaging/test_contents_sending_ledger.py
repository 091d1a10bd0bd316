"""Contents and their variants, and what WeChat's refusals mean."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS, event
from wejourney import errors
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act, Reading
from wejourney.messaging.contents import Image, Menu, MenuItem, choose, is_menu_id, localise, menu_ids
from wejourney.messaging.sending import (
    BUSY_ATTEMPTS,
    PAUSED_ATTEMPTS,
    QUOTA_ATTEMPTS,
    Message,
    MessageStatus,
    after_refusal,
    attempts,
    claim,
    counted_as,
    error_of,
    no_longer,
    only_reading,
)
from wejourney.messaging.wechat_errors import ALARMING, ATTEMPTS, CODES
from wejourney.people.followers import Follower, after
from wejourney.reasons import AllowanceEnded, NoAllowance, NotFollowing, NotSent, Unreachable

WRITER = after(Follower(APP_ID, OPENID, "person"), event("text", Content="hi"), SETTINGS.rules)
DRAFT = Message("run", "welcome", "1", "custom", MessageStatus.RESERVED, {"type": "text"}, NOON)
MENU = Menu(
    head={"zh": "头", "en": "head"}, items=(MenuItem("a", {"zh": "甲", "en": "A"}),), tail={"any": "t"}
)


@pytest.mark.parametrize(
    ("words", "language", "said"),
    [
        ({"zh": "你好", "en": "hi"}, "en", "hi"),
        ({"zh": "你好", "en": "hi"}, "fr", "你好"),
        ({"any": "hi"}, "fr", "hi"),
        ({"en": "hi"}, "fr", "hi"),
        ({}, "fr", ""),
    ],
)
def test_the_variant_is_the_followers_else_the_accounts_else_the_one_for_all(
    words: dict[str, str], language: str, said: str
) -> None:
    assert choose(words, language, "zh") == said


def test_a_localised_content_is_plain() -> None:
    assert localise(MENU, "en", "zh") == {
        "type": "menu",
        "head": "head",
        "items": [{"id": "a", "text": "A"}],
        "tail": "t",
    }
    assert localise(Image(media_id="m"), "en", "zh") == {"type": "image", "media_id": "m"}


# --- sending ------------------------------------------------------------------------------------------


def test_a_message_is_claimed_from_the_act_that_allows_it() -> None:
    message, follower = claim(DRAFT, WRITER)
    assert (message.status, message.act, message.left) == (MessageStatus.RESERVED, Act.MESSAGE, 4)
    assert follower.rev == WRITER.rev + 1


@pytest.mark.parametrize(
    ("follower", "reason"),
    [
        (replace(WRITER, following=False), NotFollowing()),
        (replace(WRITER, unreachable=43019), Unreachable(43019)),
        (replace(WRITER, windows=()), NoAllowance(())),
        (
            replace(WRITER, windows=tuple(replace(window, left=0) for window in WRITER.windows)),
            NoAllowance((Window(Act.MESSAGE, 0, NOON + timedelta(hours=48)),)),
        ),
    ],
)
def test_a_message_that_cannot_be_sent_has_a_reason(follower: Follower, reason: NotSent) -> None:
    message, unchanged = claim(DRAFT, follower)
    assert (message.status, message.reason) == (MessageStatus.NOT_SENT, reason)
    assert unchanged is follower


def test_a_refusal_changes_the_follower() -> None:
    message, spent = claim(DRAFT, WRITER)
    assert after_refusal(spent, message, errors.WindowClosedError(45015, "")).windows == ()
    assert no_longer(message, spent, NOON) is None
    assert no_longer(message, replace(spent, unreachable=43019), NOON) == Unreachable(43019)
    end = NOON + timedelta(hours=48)
    assert no_longer(message, spent, end) == AllowanceEnded(Act.MESSAGE, end)
    assert after_refusal(spent, message, errors.FollowerUnreachableError(48002, "no")).unreachable == 48002
    assert after_refusal(spent, message, errors.ContentRejectedError(40007, "")).windows == WRITER.windows
    assert after_refusal(spent, DRAFT, errors.ContentRejectedError(40007, "")) is spent


BOTH = after(WRITER, event("click"), SETTINGS.rules)
"""Has written and clicked: 5 messages and 3, or 5 in all."""


def test_a_message_that_any_reading_of_the_rules_allows_is_tried_and_says_which_did() -> None:
    follower, allowed_by = BOTH, []
    for _ in range(8):
        message, follower = claim(DRAFT, follower)
        allowed_by.append(only_reading(message.taken))
    refused, _ = claim(DRAFT, follower)

    assert allowed_by == [None] * 5 + [Reading.APART] * 3
    assert refused.status is MessageStatus.NOT_SENT
    later = after(follower, event("click"), SETTINGS.rules)
    in_two_minutes, _ = claim(replace(DRAFT, at=NOON + timedelta(minutes=2)), later)
    assert (only_reading(in_two_minutes.taken), in_two_minutes.act) == (Reading.POOLED, Act.CLICK)


def test_a_refusal_gives_back_or_closes_under_every_reading_that_allowed_the_message() -> None:
    message, spent = claim(DRAFT, BOTH)

    assert {(window.act, window.left) for window in message.taken} == {(Act.CLICK, 3), (Act.MESSAGE, 5)}
    given_back = after_refusal(spent, message, errors.ContentRejectedError(40007, ""))
    assert set(given_back.windows) == set(BOTH.windows)
    (left,) = after_refusal(spent, message, errors.WindowClosedError(45047, "")).windows
    assert (left.act, left.left, left.reading) == (Act.MESSAGE, 5, Reading.APART)


def test_a_message_may_be_tried_again_while_an_allowance_of_any_reading_is_open() -> None:
    message, spent = claim(DRAFT, BOTH)

    assert no_longer(message, spent, NOON + timedelta(hours=47)) is None
    end = NOON + timedelta(hours=48)
    assert no_longer(message, spent, end) == AllowanceEnded(Act.MESSAGE, end)


def test_only_temporary_errors_are_retried() -> None:
    assert attempts(errors.WeChatBusyError(-1, "")) == BUSY_ATTEMPTS
    assert attempts(errors.DailyQuotaSpentError(45009, "")) == QUOTA_ATTEMPTS
    assert attempts(errors.AccountPausedError(40001, "")) == PAUSED_ATTEMPTS
    assert attempts(errors.ContentRejectedError(40007, "")) == 1


@given(st.integers(-2000, 200_000))
def test_every_code_has_a_class_and_only_one_that_is_in_the_table_is_more_than_unrecognised(
    errcode: int,
) -> None:
    error = error_of(errcode, "x rid: 6745f0a1-0a1b2c3d-4e5f6071")
    assert type(error) is not errors.WeChatError
    assert (type(error) is errors.UnrecognisedRefusalError) == (errcode not in CODES)
    assert str(error).startswith(f"{errcode} rid: 6745f0a1-0a1b2c3d-4e5f6071")


@pytest.mark.parametrize("errcode", CODES)
def test_only_a_code_that_needs_an_operator_has_advice(errcode: int) -> None:
    known = CODES[errcode]
    needs_somebody = known.error in {errors.ContentRejectedError, errors.AccountMisconfiguredError}
    assert bool(known.advice) == needs_somebody
    assert str(error_of(errcode, "x")) == f"{errcode}" + (f" ({known.advice})" if known.advice else "")


def test_of_the_retried_errors_only_a_paused_account_raises_an_alarm() -> None:
    paused = errors.AccountPausedError
    assert {one for one in ATTEMPTS if counted_as(one(0)) in {known.__name__ for known in ALARMING}} == {
        paused
    }
    assert {known.error for known in CODES.values()} >= {*ATTEMPTS, errors.AccountMisconfiguredError} - {
        paused
    }


@given(st.lists(st.text(), max_size=20))
def test_the_ids_of_a_menus_lines_are_small_numbers_one_for_each_line(keys: list[str]) -> None:
    ids = menu_ids(keys)
    assert len(set(ids)) == len(keys)
    assert menu_ids(keys) == ids
    for one in ids:
        assert str(int(one)) == one
        assert 101 + 20 < int(one) < 2**31
        assert is_menu_id(one)


def test_few_menus_share_their_ids() -> None:
    menus = [(f"a{number}", "b") for number in range(2_000)]
    assert len({menu_ids(keys) for keys in menus}) >= 1_999


@pytest.mark.parametrize(
    "other", ["", "0", "1", "101", "120", "99999", "2147483647", "gold", "-5", "１２３４５６", "9" * 5000]
)
def test_an_id_that_is_not_ours_is_known(other: str) -> None:
    assert not is_menu_id(other)


def test_errors_say_what_they_carry() -> None:
    assert str(errors.MissingSettingError("token", "the secret")) == "token is missing from the secret"
    assert str(errors.UnknownAccountError("wx1")) == "no WeChat account wx1 in this deployment"
    assert str(errors.PostingConflictError("k")) == "posting k exists with other contents"
    assert str(errors.LedgerBusyError("k")) == "posting k could not be made"
    assert str(errors.StaleFollowerError()) == "the follower changed meanwhile"
    assert errors.CallbackRefusedError(403, "no").status == 403
    unsent = errors.MessageNotSentError("3")
    assert str(unsent) == "3: not sent; the follower's timeline has the reason"
