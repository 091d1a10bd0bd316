"""`wejourney profile`, as it is typed. Only AWS is made up; the journey and the records are real."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, event
from tests.support.cli import run
from tests.support.fakes.clock import FakeClock
from tests.support.kms import FakeKms, personal_data
from tests.unit.operations.lives import Life, journey_of, root_with
from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.allowances.allowance_windows import Window
from wejourney.allowances.wechat_rules import Act
from wejourney.people.lifecycle import Stage
from workbench.cli.commands import follower_commands
from workbench.operations import records
from workbench.operations.timeline import Page

CARE = """\
title: {en: Care, zh: 保养}
trigger: {event: scan}
steps:
  - ask: {name: wish, text: {en: "What may we do?", zh: "需要什么?"}, within: 20h}
  - tag: over
"""


@dataclass
class Deployment:
    """A deployed stack, as `Target` shows it."""

    life: Life
    clock: FakeClock
    app_id: str = APP_ID

    @property
    def followers(self) -> Any:
        return SimpleNamespace(
            read=lambda app_id, openid: self.life.state, read_again=lambda follower: self.life.state
        )

    @property
    def personal_data(self) -> KmsPersonalData:
        return personal_data(FakeKms())

    @property
    def ledger(self) -> Any:
        return SimpleNamespace(books=lambda person_id: SimpleNamespace(available=70))


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment(Life((journey_of(CARE),)), FakeClock())
    monkeypatch.setattr(follower_commands, "open_target", lambda stack: deployment)
    monkeypatch.setattr(records, "points_of", lambda *asked: iter(()))
    monkeypatch.setattr(records, "newest_page", lambda *asked: Page(deployment.life.timeline, None, None))
    return deployment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return root_with(tmp_path, CARE)


def profile(root: Path, language: str) -> str:
    shown = run("profile", OPENID, "--root", root, "--lang", language)
    assert shown.exit_code == 0, shown.stderr
    return " ".join(shown.stdout.split())


@pytest.mark.parametrize(
    ("language", "line"), [("en", "timed out 1 wish: no answer in time"), ("zh", "超时 1 wish：未按时回答")]
)
def test_a_question_that_timed_out_is_named(
    deployed: Deployment, root: Path, language: str, line: str
) -> None:
    started = deployed.life.starts(event("SCAN", EventKey="a"))
    deployed.life.tells("answer", started, step="1", outcome="unanswered")
    assert line in profile(root, language)


@pytest.mark.parametrize(
    ("language", "rows", "none"),
    [
        (
            "en",
            (
                "following │ no", "customer │ yes", "member │ no", "source │ a QR code store-1",
                "language │ the account's", "time zone │ Asia/Shanghai", "points │ 70", "tier │ none",
                "tags │ vip", "segments │ none", "stage │ customer", "attributes │ city=Paris",
                "allowances │ message, 4 left until 11-22 13:00", "unreachable │ WeChat's error 43004",
                "timeline (Asia/Shanghai)",
            ),
            "allowances │ none",
        ),
        (
            "zh",
            (
                "已关注 │ 否", "顾客 │ 是", "会员 │ 否", "来源 │ 扫描二维码 store-1",
                "语言 │ 以账号设置为准", "时区 │ Asia/Shanghai", "积分 │ 70", "等级 │ 无",
                "标签 │ vip", "人群 │ 无", "阶段 │ 购买", "属性 │ city=Paris",
                "下发额度 │ 消息，剩余 4 条，至 11-22 13:00", "无法送达 │ 微信错误码 43004",
                "时间线（Asia/Shanghai）",
            ),
            "下发额度 │ 无",
        ),
    ],
)  # fmt: skip
def test_the_profile_is_told_in_both_languages_with_the_allowances_that_are_open(
    deployed: Deployment, root: Path, language: str, rows: tuple[str, ...], none: str
) -> None:
    deployed.life.starts(event("SCAN", EventKey="store-1"))
    follower = replace(
        deployed.life.follower, following=False, customer=True, source="qr", scene="store-1",
        time_zone="Asia/Shanghai", tags=frozenset({"vip"}), attributes={"city": "Paris"}, unreachable=43004,
        windows=(Window(Act.MESSAGE, 4, NOON + timedelta(hours=1)),), stage=Stage.CUSTOMER,
    )  # fmt: skip
    deployed.life.state = replace(deployed.life.state, follower=follower)
    shown = profile(root, language)
    for row in rows:
        assert row in shown, row

    deployed.clock.pass_(hours=1)
    assert none in profile(root, language)
