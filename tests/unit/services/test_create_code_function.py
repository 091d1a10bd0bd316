"""The function that makes QR codes: what it answers, and that it logs nothing that it should not."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from functions.create_code import app
from tests.support.builders import APP_ID, NOON
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.codes import FakeCodes
from tests.support.fakes.wechat import FakeWeChat
from wejourney.errors import ContentRejectedError, WeChatBusyError
from wejourney.people.codes import Code
from wejourney.plain_data import from_plain
from wejourney.services.create_code import CreateCode

ORDER = {
    "app_id": APP_ID,
    "kind": "campaign",
    "source_class": "advertising",
    "facts": {"campaign": "spring", "click_id": "gdt-SECRET"},
    "lasts": 1800,
}
CONTEXT: Any = SimpleNamespace(
    function_name="create_code", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1"
)


@pytest.fixture
def wechat(monkeypatch: pytest.MonkeyPatch) -> FakeWeChat:
    wechat = FakeWeChat()
    create = CreateCode(FakeAccounts(), FakeCodes(), wechat, wechat, FakeClock())
    monkeypatch.setattr(app, "create_code", lambda: create)
    return wechat


def test_the_answer_is_the_code_in_plain_data(wechat: FakeWeChat, capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(json.dumps(app.handler(ORDER, CONTEXT)))

    code = from_plain(Code, answer["code"])
    assert (code.url, code.expires_at) == ("http://weixin.qq.com/q/1", NOON + timedelta(minutes=30))
    assert "gdt-SECRET" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("order", "rejected"),
    [
        (ORDER | {"kind": "shop"}, "kind"),
        (ORDER | {"more": 1}, "request"),
        ({}, "app id"),
        (ORDER | {"app_id": "wx0000000000000000"}, "account"),
    ],
)
def test_an_order_that_cannot_be_is_answered_with_its_reason(
    wechat: FakeWeChat, order: dict[str, Any], rejected: str
) -> None:
    assert app.handler(order, CONTEXT)["rejected"] == rejected


@pytest.mark.parametrize(
    ("error", "rejected"),
    [(WeChatBusyError(-1), "wechat busy"), (ContentRejectedError(40053, advice="do"), "wechat refused")],
)
def test_what_wechat_says_is_answered(wechat: FakeWeChat, error: Exception, rejected: str) -> None:
    wechat.failures.append(error)
    answer = app.handler(ORDER, CONTEXT)

    assert answer["rejected"] == rejected
    assert answer["values"]["why"] == str(error)
    assert "code" in app.handler(ORDER, CONTEXT), "the next order asks WeChat again"


def test_a_call_that_warms_the_function_up_makes_nothing(wechat: FakeWeChat) -> None:
    assert app.handler({"warm": True}, CONTEXT) == {}
    assert wechat.made == []
