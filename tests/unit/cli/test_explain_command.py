"""`wejourney explain`, as it is typed. Only AWS is made up; journeys and reasons are real."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.session import get_session
from botocore.stub import Stubber
from typer.testing import Result

from tests.support.builders import APP_ID, NOON, OPENID, event
from tests.support.cli import run
from tests.unit.operations.lives import Life, journey_of, root_with
from wejourney.clock import Clock
from wejourney.journeys.runs import FollowerState, Run
from wejourney.people.followers import Follower
from wejourney.reasons import Finished, Stopped
from workbench.cli.commands import explain_command
from workbench.cli.main import main
from workbench.operations import records
from workbench.wording.reason_words import ReasonWords

CARE = """\
title: {en: Care, zh: 保养}
trigger: {event: scan, scene: store-*, when: {member: false}}
steps:
  - branch:
      - when: {tag: vip}
        steps: [{tag: seen}]
      - otherwise: [{stop: nothing to say}]
"""
MACHINES = "arn:aws:states:eu-west-1:123456789012:stateMachine:wejourney-journey-"
EXECUTIONS = "arn:aws:states:eu-west-1:123456789012:execution:wejourney-journey-"


@dataclass
class Deployment:
    """A deployed stack, as `Target` shows it."""

    life: Life
    engine: Any
    clock: Clock = field(default_factory=Clock)
    app_id: str = APP_ID

    @property
    def outputs(self) -> dict[str, str]:
        return {"JourneyMachinePrefix": MACHINES}

    @property
    def followers(self) -> Any:
        return SimpleNamespace(read=self._read)

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return self.engine

    def _read(self, app_id: str, openid: str) -> FollowerState:
        return self.life.state if (app_id, openid) == (APP_ID, OPENID) else FollowerState()


@pytest.fixture
def engine() -> Any:
    return get_session().create_client(
        "stepfunctions", region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


@pytest.fixture
def answers(engine: Any) -> Iterator[Stubber]:
    with Stubber(engine) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def deployed(engine: Any, answers: Stubber, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment(Life((journey_of(CARE),)), engine)
    monkeypatch.setattr(explain_command, "open_target", lambda stack: deployment)
    monkeypatch.setattr(records, "points_of", lambda *asked: iter(()))
    monkeypatch.setattr(records, "timeline_of", lambda *asked: deployment.life.timeline)
    return deployment


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return root_with(tmp_path, CARE)


def explain(root: Path, *arguments: str, journey: str = "care", openid: str = OPENID) -> Result:
    return run("explain", journey, openid, "--root", root, *arguments)


def choice(run: Run, minutes: float = 1) -> dict[str, Any]:
    entered = {"name": "1 Branch on vip", "input": json.dumps(run.to_dict())}
    at = (NOON + timedelta(minutes=minutes)).astimezone(timezone(timedelta(hours=8)))
    return {"id": 2, "type": "ChoiceStateEntered", "timestamp": at, "stateEnteredEventDetails": entered}


def succeeded(**output: str) -> dict[str, Any]:
    details = {"output": json.dumps(output)}
    return {
        "id": 9,
        "type": "ExecutionSucceeded",
        "timestamp": NOON,
        "executionSucceededEventDetails": details,
    }


def asked_for(run: Run, **more: str) -> dict[str, Any]:
    whole = {"includeExecutionData": True, "maxResults": 1000}
    return {"executionArn": f"{EXECUTIONS}care:{run.id}", **whole, **more}


def test_a_refusal_is_told_with_every_rule_and_its_stored_reason(deployed: Deployment, root: Path) -> None:
    # parcelvoy #512, mautic #2188: somebody did not enter, and nothing said why
    deployed.life.state = replace(
        deployed.life.state, follower=Follower(APP_ID, OPENID, "person", member=True)
    )
    refusal = deployed.life.hears(event("SCAN", EventKey="store-SH01")).refused["care"]
    result = explain(root)
    assert result.exit_code == 0
    assert f"a follower scans a QR code: refused: {ReasonWords()(refusal)}" in result.stdout
    scans = "a follower scans a QR code:"
    assert f"✓ event: {scans} store-SH01; wanted: {scans} QR code store-*" in result.stdout
    assert "✗ member: yes; wanted: no" in result.stdout


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            [
                "rule `visits` gives nothing: for members only",
                "rule `referrals` gives nothing: they came by a",
            ],
        ),
        ("zh", ["规则 `visits` 未发放：仅限会员", "规则 `referrals` 未发放：通过自己的二维码进入"]),
    ],
)
def test_an_event_is_told_with_the_reasons_why_it_gave_nothing(
    deployed: Deployment, root: Path, language: str, told: list[str]
) -> None:
    member = Follower(APP_ID, OPENID, "person", member=True)
    deployed.life.state = replace(deployed.life.state, follower=member)
    deployed.life.hears(event("SCAN", EventKey="store-SH01"))
    (row,) = (row for row in deployed.life.timeline if row["kind"] == "event")
    row |= {"nothing": {"visits": "members_only"}, "unrewarded": "self"}
    result = run("--lang", language, "explain", "care", OPENID, "--root", root)

    assert all(text in result.stdout for text in told)
    attempt = json.loads(explain(root, "--json").stdout)["attempts"][0]
    assert attempt["nothing"] == {"visits": "members_only", "referrals": "self"}


def test_a_branch_is_told_from_all_pages_of_the_engines_history(
    deployed: Deployment, answers: Stubber, root: Path
) -> None:
    started = deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    deployed.life.ends(started, Stopped("nothing to say"), NOON + timedelta(minutes=2))
    page = {"events": [choice(started)], "nextToken": "more"}
    answers.add_response("get_execution_history", page, asked_for(started))
    answers.add_response(
        "get_execution_history", {"events": [succeeded()]}, asked_for(started, nextToken="more")
    )
    result = explain(root)
    assert result.exit_code == 0
    assert "11-22 04:01:00  1  branch: otherwise" in result.stdout
    assert "case 1 (tagged vip): does not hold" in result.stdout
    assert "✗ tag `vip`: no; wanted: yes" in result.stdout
    assert "11-22 04:02:00     journey ends: care: nothing to say" in result.stdout


def test_a_history_that_is_gone_is_said_to_be_gone(
    deployed: Deployment, answers: Stubber, root: Path
) -> None:
    started = deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    deployed.life.ends(started, Finished())
    answers.add_client_error("get_execution_history", "ExecutionDoesNotExist")
    result = explain(root)
    assert result.exit_code == 0
    assert "for 90 days after a run's end; this one is gone" in result.stdout


def test_a_history_that_may_not_be_read_is_one_clear_line_and_not_taken_for_gone(
    deployed: Deployment,
    answers: Stubber,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    answers.add_client_error("get_execution_history", "AccessDeniedException", "not yours to read")
    monkeypatch.setattr("sys.argv", ["wejourney", "explain", "care", OPENID, "--root", str(root)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "AccessDeniedException" in shown.err
    assert "not yours to read\n" in shown.err


def test_the_engines_times_are_told_in_utc(deployed: Deployment, answers: Stubber, root: Path) -> None:
    started = deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    answers.add_response("get_execution_history", {"events": [choice(started)]}, asked_for(started))
    assert "11-22 04:01:00  1  branch: otherwise" in explain(root).stdout


def test_scripts_get_the_same_as_json_and_no_credential(
    deployed: Deployment, answers: Stubber, root: Path
) -> None:
    started = deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    answers.add_response("get_execution_history", {"events": [choice(started)]}, asked_for(started))
    found = json.loads(explain(root, "--json").stdout)
    assert (found["journey"], found["openid"]) == ("care", OPENID)
    assert [one["run_id"] for one in found["attempts"]] == [started.id]
    assert found["attempts"][0]["rules"] == [
        {
            "rule": "event",
            "wanted": {"event": "scan", "scene": "store-*", "when": {"member": False}},
            "found": {"kind": "scan", "scene": "store-SH01"},
            "holds": True,
        },
        {"rule": "earlier_runs", "wanted": {}, "found": None, "holds": True},
        {"fact": "member", "wanted": False, "found": False, "holds": True},
    ]
    (branch,) = (one for one in found["runs"][0]["trace"] if one["what"] == "branch_taken")
    assert branch["verdicts"][0]["parts"][0]["fact"] == "tag"
    assert "token" not in json.dumps(found)


def test_only_the_last_are_told_and_the_engine_is_asked_for_no_more(
    deployed: Deployment, answers: Stubber, root: Path
) -> None:
    for number in range(5):
        started = deployed.life.starts(event("SCAN", NOON + timedelta(hours=number), EventKey="store-SH01"))
        deployed.life.ends(started, Finished(), NOON + timedelta(hours=number, minutes=1))
        if number >= 3:
            answers.add_response("get_execution_history", {"events": []}, asked_for(started))
    shown = explain(root, "--last", "2").stdout
    assert "3 earlier events are not shown; use --last N." in shown
    assert [
        shown.count(f"2026-11-22 0{4 + hour}:00:00  a follower scans a QR code: started") for hour in range(5)
    ] == [0, 0, 0, 1, 1]
    assert shown.count("\nrun of ") == 2


def test_steps_that_were_not_reached_take_one_line(
    deployed: Deployment, answers: Stubber, root: Path
) -> None:
    said = "".join(f"  - send: {{text: {word}}}\n" for word in ("a", "b"))
    (root / "infra/journeys/care.yaml").write_text(text := CARE + said, "utf-8")
    deployed.life.journeys = (journey_of(text),)
    started = deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    answers.add_response("get_execution_history", {"events": []}, asked_for(started))
    assert "messages not reached yet: 2, 3" in explain(root).stdout


def test_nothing_on_record_is_said_so(deployed: Deployment, root: Path) -> None:
    deployed.life.hears(event("subscribe"))
    result = explain(root)
    assert result.exit_code == 0
    assert "No recorded event is of the type that triggers this journey." in result.stdout


def test_a_follower_who_is_not_known_is_an_error_that_says_why(deployed: Deployment, root: Path) -> None:
    result = explain(root, openid="oNobody")
    assert result.exit_code == 1
    assert "no follower oNobody" in result.stderr
    assert "erased after unfollowing" in result.stderr


def test_a_journey_without_a_file_is_a_usage_error_that_names_those_there_are(root: Path) -> None:
    result = explain(root, journey="wellcome")
    assert result.exit_code == 2
    assert "no journey `wellcome`" in result.stderr
    assert "it has: care" in result.stderr


def test_a_journey_with_a_mistake_is_not_explained(root: Path) -> None:
    (root / "infra/journeys/care.yaml").write_text("title: T\n", "utf-8")
    result = explain(root)
    assert result.exit_code == 1
    assert "care.yaml:1:" in result.stderr


def test_an_explanation_is_told_in_chinese_too(deployed: Deployment, root: Path) -> None:
    deployed.life.state = replace(
        deployed.life.state, follower=Follower(APP_ID, OPENID, "person", member=True)
    )
    deployed.life.hears(event("SCAN", EventKey="store-SH01"))
    shown = explain(root, "--lang", "zh").stdout
    assert "  粉丝扫码：未进入：不满足进入条件：会员（实际：是，要求：否）" in shown
    assert "✓ 事件：粉丝扫码：store-SH01；要求：粉丝扫码：二维码 store-*" in shown
    assert "✓ 此前的运行：无影响；要求：没有进行中的运行" in shown


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            ("journey ends: care: nothing to say", "this one is gone: no branch is explained", "tags: +vip"),
        ),
        ("zh", ("旅程结束：care：nothing to say", "历史已过期，无法说明其分支", "标签：+vip")),
    ],
)
def test_a_run_whose_history_is_gone_is_told_in_both_languages(
    deployed: Deployment, answers: Stubber, root: Path, language: str, lines: tuple[str, ...]
) -> None:
    started = deployed.life.starts(event("SCAN", EventKey="store-SH01"))
    deployed.life.tells("change", started, step="1", added=["vip"])
    deployed.life.ends(started, Stopped("nothing to say"))
    answers.add_client_error("get_execution_history", "ExecutionDoesNotExist")
    shown = explain(root, "--lang", language).stdout
    for line in lines:
        assert line in shown, line
