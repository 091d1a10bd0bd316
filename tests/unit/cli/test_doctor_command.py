"""`wejourney doctor`, as it is typed. Only AWS is made up; the deployment's own function is the real one."""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.check_setup import app
from tests.support.builders import APP_ID, NOON
from tests.support.cli import run
from tests.support.fakes.bindings import FakeBindings
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.meter import FakeMeter
from tests.unit.operations.test_doctor import CERTIFICATE, MERCHANT, PROGRAM, RIGHT, SHOP, with_token
from wejourney.clock import Clock
from wejourney.services.ports.accounts import AccountUnavailableError
from wejourney.services.setup.facts import SetupFacts
from workbench.cli.commands import doctor_command
from workbench.compiler.template_region import definition_path
from workbench.project import CATALOGUE

VERSION = "0123456789ab"
CONTEXT: Any = SimpleNamespace(
    function_name="check_setup", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="1"
)
OUTPUTS = {
    "CheckSetupFunction": "check",
    "PayNotifyFunction": "notify",
    "AlarmTopic": "topic",
    "JourneyMachinePrefix": "arn:machine:",
    "CallbackUrl": "https://api.example.com/wechat/wx",
}


def denied(operation: str, code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"not allowed: {operation}"}}, operation)


@dataclass
class Deployment:
    """A deployed stack, as `Target` shows it. `denies` are calls that IAM does not allow."""

    setup: SetupFacts
    sums: dict[str, float] = field(
        default_factory=lambda: {f"UrlVerified.{APP_ID}": 1.0, "Invocations": 9.0, "EventReceived": 4.0}
    )
    subscriptions: tuple[str, ...] = ("arn:aws:sns:confirmed",)
    versions: dict[str, str] = field(default_factory=lambda: {"arn:machine:welcome": VERSION})
    denies: set[str] = field(default_factory=set)
    outputs: dict[str, str] = field(default_factory=lambda: {**OUTPUTS})
    sandbox: dict[str, Any] | None = None
    stack: str = "s"
    clock: FakeClock = field(default_factory=FakeClock)
    bindings: FakeBindings = field(default_factory=FakeBindings)

    def client(self, _service: str, _config: object = None) -> Any:
        calls = (
            self.invoke, self.describe_stacks, self.get_account_settings, self.describe_state_machine
        )  # fmt: skip
        return SimpleNamespace(
            **{call.__name__: self._guarded(call) for call in calls}, get_paginator=self.get_paginator
        )

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(**asked: Any) -> Any:
            if call.__name__ in self.denies:
                raise denied(call.__name__)
            return call(**asked)

        return guarded

    def invoke(self, FunctionName: str, Payload: str) -> Mapping[str, Any]:  # noqa: N803 - AWS's names
        assert FunctionName == "check"
        try:
            answer, failed = app.handler(json.loads(Payload), CONTEXT), {}
        except AccountUnavailableError as error:  # as Lambda does
            answer, failed = {"errorMessage": str(error)}, {"FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}

    def describe_stacks(self, StackName: str) -> Mapping[str, Any]:  # noqa: N803 - AWS's names
        assert StackName == self.stack
        parameters = [{"ParameterKey": "SubnetIds", "ParameterValue": "subnet-1"}]
        return {
            "Stacks": [{"StackStatus": "CREATE_COMPLETE", "Parameters": parameters}],
            "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(NOON, usegmt=True)}},
        }

    def get_account_settings(self) -> Mapping[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": 1000}}

    def describe_state_machine(self, stateMachineArn: str) -> Mapping[str, Any]:  # noqa: N803 - AWS's names
        if stateMachineArn not in self.versions:
            raise denied("DescribeStateMachine", "StateMachineDoesNotExist")
        return {"definition": definition(self.versions[stateMachineArn])}

    def get_paginator(self, operation: str) -> Any:
        if operation in self.denies:
            raise denied(operation)
        pages = {"get_metric_data": self._metrics, "list_subscriptions_by_topic": self._subscriptions}
        return SimpleNamespace(paginate=pages[operation])

    def _metrics(self, MetricDataQueries: list[Any], **_: Any) -> Iterator[Any]:  # noqa: N803 - AWS's names
        """The values of a metric come on several pages."""
        for page in range(2):
            yield {
                "MetricDataResults": [
                    {"Id": query["Id"], "Values": [self.sums.get(_metric(query), 0.0)] if page else []}
                    for query in MetricDataQueries
                ]
            }

    def _subscriptions(self, TopicArn: str) -> list[Any]:  # noqa: N803 - AWS's names
        assert TopicArn == "topic"
        return [{"Subscriptions": [{"SubscriptionArn": arn} for arn in self.subscriptions]}]


def _metric(query: Mapping[str, Any]) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"])


def definition(version: str) -> str:
    return json.dumps({"Comment": f"generated from infra/journeys/welcome.yaml, version {version}"})


class Gateway:
    """API Gateway, as an ICP filing makes it answer."""

    answer = (404, b'{"message":"Not Found"}')

    def __init__(self, host: str, timeout: float) -> None:
        assert (host, timeout) == ("api.example.com", 10)

    def request(self, method: str, path: str) -> None:
        assert (method, path) == ("GET", "/")

    def getresponse(self) -> Any:
        status, body = self.answer
        return SimpleNamespace(status=status, read=lambda _most: body)

    def close(self) -> None: ...


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Deployment:
    assert isinstance(RIGHT.setup, SetupFacts)
    deployment = Deployment(RIGHT.setup)
    for app_id in (APP_ID, PROGRAM.app_id):
        deployment.bindings.note(app_id, "main", has_union_id=True, at=NOON)
    monkeypatch.setattr(app, "check_setup", lambda: lambda: deployment.setup)
    monkeypatch.setattr(doctor_command, "open_target", lambda stack: deployment)
    monkeypatch.setattr("workbench.operations.doctor.probes.HTTPSConnection", Gateway)
    monkeypatch.setattr(Clock, "real_now", lambda _: NOON)
    file = tmp_path / definition_path("welcome")
    file.parent.mkdir(parents=True)
    file.write_text(definition(VERSION))
    (tmp_path / CATALOGUE).parent.mkdir(parents=True)
    (tmp_path / CATALOGUE).write_text(
        json.dumps([{"name": "welcome", "speaks_to": "shop"}, {"name": "other"}])
    )
    monkeypatch.chdir(tmp_path)
    return deployment


def test_a_right_setup_is_fine_and_exits_0(deployed: Deployment) -> None:
    done = run("doctor")

    assert done.exit_code == 0, done.output
    assert "0 wrong, 0 to look at" in done.output
    assert "✗" not in done.output
    assert "IP allow-list" in done.output
    assert "WeChat Pay keys" in done.output


def test_a_mistake_is_named_with_what_to_do_and_exits_1(deployed: Deployment) -> None:
    setup = with_token("refused", "40164", "203.0.113.9").setup
    assert isinstance(setup, SetupFacts)
    deployed.setup = setup
    done = run("doctor", columns=200)

    assert done.exit_code == 1
    assert "✗ wrong" in done.output
    assert "WeChat gives no token to this deployment's address 203.0.113.9 (40164)" in done.output
    assert "→ add the address to the account's IP allow-list" in done.output
    chinese = run("doctor", "--lang", "zh", columns=200)
    assert chinese.exit_code == 1
    assert "微信不向本部署的 IP 地址 203.0.113.9 发放令牌（40164）" in chinese.output


def test_a_journey_that_speaks_to_nobody_is_told_by_the_catalogue(
    deployed: Deployment, tmp_path: Path
) -> None:
    (tmp_path / CATALOGUE).write_text(json.dumps([{"name": "welcome", "speaks_to": "club"}]))
    done = run("doctor", columns=200)

    assert done.exit_code == 1
    assert "the journey welcome speaks to the account club, but no secret has this name" in done.output


def test_a_warning_exits_0(deployed: Deployment) -> None:
    deployed.subscriptions = ()
    done = run("doctor")

    assert done.exit_code == 0
    assert "nobody is told of alarms" in done.output
    assert "0 wrong, 1 to look at" in done.output


def test_json_has_what_is_wrong_as_data_and_in_words(deployed: Deployment) -> None:
    deployed.versions = {}
    done = run("doctor", "--json")

    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["wrong"] == 1
    (wrong,) = [one for one in told["findings"] if one["result"] == "wrong"]
    assert {**wrong, "what": "", "do": ""} == {
        "check": "journeys",
        "about": "",
        "result": "wrong",
        "problem": "JourneyNotDeployed",
        "what": "",
        "do": "",
        "data": {"journey": "welcome", "committed": VERSION},
    }
    assert {one["result"] for one in told["findings"]} == {"wrong", "fine"}


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_table_fits_its_terminal(deployed: Deployment, columns: int) -> None:
    deployed.versions, deployed.subscriptions = {}, ("PendingConfirmation",)
    lines = run("doctor", columns=columns).output.splitlines()

    assert max(map(len, lines)) <= columns
    assert "alarms reach no one" in " ".join(" ".join(lines).split()) or columns == 60


CALLS = (
    ("invoke", 7),
    ("describe_stacks", 2),
    ("get_account_settings", 1),
    ("describe_state_machine", 1),
    ("get_metric_data", 2),
    ("list_subscriptions_by_topic", 1),
)


@pytest.mark.parametrize(("call", "unknown"), CALLS)
def test_what_iam_does_not_allow_is_not_checked_with_its_reason(
    deployed: Deployment, call: str, unknown: int
) -> None:
    deployed.denies = {call}
    told = json.loads(run("doctor", "--json").stdout)
    blind = [one["what"] for one in told["findings"] if one["result"] == "not_checked"]

    assert len(blind) == unknown
    assert all(f"not allowed: {call}" in what for what in blind)
    assert told["wrong"] == 0


def test_a_function_that_fails_is_named(deployed: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> SetupFacts:
        raise AccountUnavailableError("ListSecrets: AccessDenied")

    monkeypatch.setattr(app, "check_setup", lambda: fail)
    done = run("doctor", columns=300)

    assert "check failed (ListSecrets: AccessDenied): read its log" in done.output


def test_a_stack_of_an_earlier_version_is_looked_at_as_far_as_it_goes(deployed: Deployment) -> None:
    del deployed.outputs["CheckSetupFunction"], deployed.outputs["AlarmTopic"]
    done = run("doctor", columns=300)

    assert done.exit_code == 0
    assert done.output.count("has no output CheckSetupFunction") == 7
    assert "has no output AlarmTopic" in done.output


def test_the_sandbox_has_no_metrics_and_no_public_address(deployed: Deployment) -> None:
    deployed.sandbox = {"endpoint": "http://127.0.0.1:1"}
    done = run("doctor", columns=200)

    assert done.exit_code == 0, done.output
    assert "the sandbox keeps no metrics" in done.output
    assert "the sandbox has no public address" in done.output


def test_without_a_repository_journeys_are_not_compared(deployed: Deployment, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    done = run("doctor", "--root", tmp_path / "elsewhere", columns=300)

    assert done.exit_code == 0
    assert "has no compiled journeys" in done.output


def test_a_missing_icp_filing_is_told_by_what_the_gateway_answers(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gateway, "answer", (403, b'{"Message":null}'))
    done = run("doctor", columns=200)

    assert done.exit_code == 1
    assert "no ICP filing for this region" in done.output


def test_notices_that_were_refused_prove_nothing(deployed: Deployment) -> None:
    deployed.bindings.note_payment(APP_ID, MERCHANT, NOON)
    deployed.sums |= {"Invocations": 5.0, "PayNoticeRefused": 5.0}
    done = run("doctor", columns=200)

    assert done.exit_code == 1
    assert f"has never sent a notice to /pay/{MERCHANT}" in done.output


@pytest.mark.parametrize("function", ["wechat_callback", "mini_program"])
def test_a_verified_url_is_counted_under_the_name_that_doctor_asks_for(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    receiver = import_module(f"functions.{function}.app")
    meter = FakeMeter()
    monkeypatch.setattr(receiver, "meter", meter)
    receiver.watch.verified(APP_ID)

    deployed.sums = {name: float(number) for name, number in meter.counts.items()}
    deployed.bindings.kept.clear()
    told = json.loads(run("doctor", "--json").stdout)
    (callback,) = [one for one in told["findings"] if one["check"] == "callback"]
    assert callback == {"check": "callback", "about": APP_ID, "result": "fine"}


def test_a_certificate_expires_by_the_time_of_the_deployment(deployed: Deployment) -> None:
    deployed.clock.at = SHOP.keys[0].expires_at or NOON
    done = run("doctor", columns=200)

    assert done.exit_code == 1
    assert f"the platform certificate {CERTIFICATE} expired on" in done.output
