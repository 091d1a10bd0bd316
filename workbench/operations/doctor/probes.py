"""How a deployment is looked at: what cannot be found out is said with its reason, and stops nothing."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from wejourney.clock import Clock
from wejourney.metrics import Metric
from wejourney.plain_data import from_plain
from wejourney.services.setup.facts import SetupFacts
from workbench.compiler.template_region import definition_path
from workbench.operations.doctor.observed import (
    AlarmFacts,
    CountedFacts,
    GatewayFacts,
    JourneyFacts,
    Observed,
    StackFacts,
    Unknown,
)
from workbench.operations.identities import Report, report_of
from workbench.operations.target import Target
from workbench.project import CATALOGUE
from workbench.wording.phrases import Phrase, phrase

PATIENT = Config(read_timeout=310, retries={"total_max_attempts": 1})
"""The function has 300 seconds."""

METRICS_KEPT = timedelta(days=455)
"""By the hour: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html"""

_DAY = timedelta(days=1)
_TIME_LIMIT = 10
"""Seconds for the API's answer."""

_VERSION = re.compile(r"\bversion ([0-9a-f]{12})\b", re.ASCII)
"""In the comment of a definition; see `workbench.compiler.state_machine`."""

_NO_STATE_MACHINE = "StateMachineDoesNotExist"


@dataclass(frozen=True)
class Probe:
    """Looks at a deployment, and at the repository in `root` for what is committed."""

    target: Target
    root: Path

    def observe(self) -> Observed:
        setup = _known(self._setup)
        app_ids = [] if isinstance(setup, Unknown) else [account.app_id for account in setup.accounts]
        return Observed(
            now=self.target.clock.now(),
            stack_name=self.target.stack,
            stack=_known(self._stack),
            setup=setup,
            counted=_known(partial(self._counted, app_ids)),
            union_ids=_known(self._union_ids),
            alarms=_known(self._alarms),
            journeys=_known(self._journeys),
            concurrency=_known(self._concurrency),
            gateway=_known(self._gateway),
        )

    def _output(self, name: str) -> str:
        """An output that a stack of an earlier version lacks."""
        if name not in self.target.outputs:
            raise _UnknowableError(phrase("stack lacks outputs", stack=self.target.stack, names=(name,)))
        return self.target.outputs[name]

    def _setup(self) -> SetupFacts:
        function = self._output("CheckSetupFunction")
        answer = self.target.client("lambda", PATIENT).invoke(FunctionName=function, Payload="{}")
        told = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise _UnknowableError(
                phrase("doctor function failed", function=function, why=str(told.get("errorMessage", "")))
            )
        return from_plain(SetupFacts, told)

    def _stack(self) -> StackFacts:
        asked_at = Clock().real_now()
        answer = self.target.client("cloudformation").describe_stacks(StackName=self.target.stack)
        (stack,) = answer["Stacks"]
        parameters = {one["ParameterKey"]: one["ParameterValue"] for one in stack.get("Parameters", ())}
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        differs = (asked_at - parsedate_to_datetime(date)).total_seconds() if date else 0.0
        in_sandbox = self.target.sandbox is not None
        return StackFacts(stack["StackStatus"], in_sandbox or bool(parameters.get("SubnetIds")), differs)

    def _counted(self, app_ids: list[str]) -> CountedFacts:
        if self.target.sandbox is not None:
            raise _UnknowableError(phrase("doctor no metrics"))
        ours, names = f"wejourney/{self.target.stack}", ["", *app_ids]
        verified = [f"{Metric.URL_VERIFIED}.{name}".rstrip(".") for name in names]
        function = [{"Name": "FunctionName", "Value": self._output("PayNotifyFunction")}]
        long = [
            *((ours, name, []) for name in verified),
            ("AWS/Lambda", "Invocations", function),
            (ours, Metric.PAY_NOTICE_REFUSED.value, []),
        ]
        *found, invoked, refused = self._sums(long, METRICS_KEPT)
        today: list[tuple[str, str, Any]] = [
            (ours, metric.value, []) for metric in (Metric.EVENT_RECEIVED, Metric.CALLBACK_REFUSED)
        ]
        received_today, refused_today = self._sums(today, _DAY)
        by_name = dict(zip(names, found, strict=True))
        return CountedFacts(by_name, received_today, refused_today, max(invoked - refused, 0))

    def _sums(self, metrics: Sequence[tuple[str, str, Any]], back: timedelta) -> list[int]:
        """The sum of each metric over this time, by its namespace, name and dimensions."""
        queries = [
            {
                "Id": f"m{number}",
                "MetricStat": {
                    "Metric": {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions},
                    "Period": 86_400,
                    "Stat": "Sum",
                },
            }
            for number, (namespace, name, dimensions) in enumerate(metrics)
        ]
        now = Clock().real_now()
        pages = self.target.client("cloudwatch").get_paginator("get_metric_data")
        sums = [0.0] * len(metrics)
        for page in pages.paginate(MetricDataQueries=queries, StartTime=now - back, EndTime=now):
            for result in page["MetricDataResults"]:
                sums[int(result["Id"][1:])] += sum(result["Values"])
        return [round(total) for total in sums]

    def _union_ids(self) -> Report:
        return report_of(self.target.bindings.all())

    def _alarms(self) -> AlarmFacts:
        pages = self.target.client("sns").get_paginator("list_subscriptions_by_topic")
        found = pages.paginate(TopicArn=self._output("AlarmTopic"))
        arns = [one["SubscriptionArn"] for page in found for one in page["Subscriptions"]]
        confirmed = sum(arn.startswith("arn:") for arn in arns)
        return AlarmFacts(confirmed, len(arns) - confirmed)

    def _journeys(self) -> JourneyFacts:
        definitions = sorted(self.root.glob(definition_path("*")))
        if not definitions:
            raise _UnknowableError(phrase("doctor no repository", root=str(self.root)))
        committed = dict(_versions(definitions))
        states, prefix = self.target.client("stepfunctions"), self.target.outputs["JourneyMachinePrefix"]
        deployed = dict[str, str]()
        for name in committed:
            try:
                machine = states.describe_state_machine(stateMachineArn=f"{prefix}{name}")
            except ClientError as error:
                if error.response["Error"]["Code"] != _NO_STATE_MACHINE:
                    raise
                continue
            deployed[name] = _version_in(machine["definition"])
        return JourneyFacts(committed, deployed, _named_accounts(self.root / CATALOGUE))

    def _concurrency(self) -> int:
        limits = self.target.client("lambda").get_account_settings()["AccountLimit"]
        return int(limits["ConcurrentExecutions"])

    def _gateway(self) -> GatewayFacts:
        if self.target.sandbox is not None:
            raise _UnknowableError(phrase("doctor no gateway"))
        url = self._output("CallbackUrl")
        parts = urlsplit(url)
        kind = HTTPConnection if parts.scheme == "http" else HTTPSConnection
        try:
            with closing(kind(parts.netloc, timeout=_TIME_LIMIT)) as connection:
                connection.request("GET", "/")
                answer = connection.getresponse()
                return GatewayFacts(url, answer.status, answer.read(1000).decode("utf-8", "replace"))
        except (OSError, HTTPException) as error:
            why = str(error) or type(error).__name__
            raise _UnknowableError(phrase("doctor no answer", who=parts.netloc, why=why)) from error


class _UnknowableError(Exception):
    """What is looked at cannot be known, for this reason."""

    def __init__(self, reason: Phrase) -> None:
        super().__init__(reason.in_words("en"))
        self.reason = reason


def _known[T](look: Callable[[], T]) -> T | Unknown:
    try:
        return look()
    except _UnknowableError as error:
        return Unknown(error.reason)
    except (ClientError, BotoCoreError) as error:
        return Unknown(phrase("AWS call failed", why=str(error)))


def _versions(definitions: list[Path]) -> Iterator[tuple[str, str]]:
    for file in definitions:
        yield file.name.removesuffix(".asl.json"), _version_in(file.read_text(encoding="utf-8"))


def _named_accounts(catalogue: Path) -> dict[str, str]:
    entries = json.loads(catalogue.read_text(encoding="utf-8"))
    return {entry["name"]: entry["speaks_to"] for entry in entries if entry.get("speaks_to")}


def _version_in(definition: str) -> str:
    found = _VERSION.search(str(json.loads(definition).get("Comment", "")))
    return found[1] if found else ""
