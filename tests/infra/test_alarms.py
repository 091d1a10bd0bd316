"""Every way to lose something has an alarm: failures that the code counts, parts of the template that fail.

What can fail is derived from the code's metrics and from the template's resources. So a new function, queue
or failure metric without an alarm fails here, and so does a resource of a type that has no entry.
"""

import ast
import copy
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.infra.template import TEMPLATE
from tests.support.servers.dynamodb import ROOT
from wejourney import errors
from wejourney.messaging.wechat_errors import ALARMING
from wejourney.metrics import Metric

ALARM = "AWS::CloudWatch::Alarm"
OURS = json.dumps(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"])


@dataclass(frozen=True)
class Watched:
    """A metric that an alarm watches; namespace and dimensions as JSON of the template."""

    namespace: str
    metric: str
    dimensions: str = "[]"
    statistic: str = "Sum"


def watched(namespace: str, metric: str, dimension: str, value: Any, statistic: str = "Sum") -> Watched:
    dimensions = json.dumps([{"Name": dimension, "Value": value}])
    return Watched(json.dumps(namespace), metric, dimensions, statistic)


# --- what can be lost, by the type of the resource ------------------------------------------------------


def function(name: str, properties: Mapping[str, Any], _template: Mapping[str, Any]) -> Iterator[Watched]:
    metrics = ["Errors", "Throttles", *(["DeadLetterErrors"] if "DeadLetterQueue" in properties else [])]
    for metric in metrics:
        yield watched("AWS/Lambda", metric, "FunctionName", {"Ref": name})
    for event_name, event in properties.get("Events", {}).items():
        if event["Type"] == "EventBridgeRule":
            kept = "DeadLetterConfig" in event["Properties"]
            metric = "InvocationsFailedToBeSentToDlq" if kept else "FailedInvocations"
            yield watched("AWS/Events", metric, "RuleName", {"Ref": f"{name}{event_name}"})
        elif event["Type"] == "DynamoDB":
            # What a stream forgets before it was processed is told to a queue, which has an alarm.
            assert event["Properties"]["DestinationConfig"]["OnFailure"]["Type"] == "SQS"
        elif event["Type"] == "Schedule":
            # Whatever keeps it from being invoked, an alarm tells that it is not.
            yield watched("AWS/Lambda", "Invocations", "FunctionName", {"Ref": name})
        else:
            # A call by a schedule that is lost is made up for by the next one.
            assert event["Type"] in ("SQS", "ScheduleV2"), f"what can {name} lose of {event['Type']}?"


def queue(name: str, _properties: Mapping[str, Any], template: Mapping[str, Any]) -> Iterator[Watched]:
    """A queue that a function reads must not age; in any other queue a message is something that failed."""
    events = (
        event["Properties"].get("Queue")
        for resource in template["Resources"].values()
        for event in resource.get("Properties", {}).get("Events", {}).values()
    )
    is_read = {"Fn::GetAtt": [name, "Arn"]} in list(events)
    metric = "ApproximateAgeOfOldestMessage" if is_read else "ApproximateNumberOfMessagesVisible"
    yield watched("AWS/SQS", metric, "QueueName", {"Fn::GetAtt": [name, "QueueName"]}, "Maximum")


def api(name: str, _properties: Mapping[str, Any], _template: Mapping[str, Any]) -> Iterator[Watched]:
    for metric in ("4xx", "5xx"):
        yield watched("AWS/ApiGateway", metric, "ApiId", {"Ref": name})


def machine(name: str, properties: Mapping[str, Any], template: Mapping[str, Any]) -> Iterator[Watched]:
    """The engine logs failures to a group; a metric filter counts them for all machines together."""
    assert properties["Logging"]["Level"] in ("ERROR", "ALL"), name
    (destination,) = properties["Logging"]["Destinations"]
    group = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Logs::MetricFilter":
            pattern = resource["Properties"]["FilterPattern"]
            if resource["Properties"]["LogGroupName"] == {"Ref": group}:
                assert re.findall(r'\$\.type = "(\w+)"', pattern) == ["ExecutionFailed", "ExecutionTimedOut"]
                (counted,) = resource["Properties"]["MetricTransformations"]
                yield Watched(json.dumps(counted["MetricNamespace"]), counted["MetricName"])
                return
    yield Watched(OURS, f"failed executions of {name}")


def nothing(_name: str, _properties: Mapping[str, Any], _template: Mapping[str, Any]) -> Iterator[Watched]:
    yield from ()


LOSSES: Mapping[str, Callable[[str, Mapping[str, Any], Mapping[str, Any]], Iterator[Watched]]] = {
    "AWS::Serverless::Function": function,
    "AWS::Serverless::StateMachine": machine,
    "AWS::SQS::Queue": queue,
    "AWS::ApiGatewayV2::Api": api,
    # A request that a table refuses, throttles or loses is an error of the function that made it.
    "AWS::DynamoDB::Table": nothing,
    # A secret that cannot be read is AccountOutdated, or an error of its function.
    "AWS::SecretsManager::Secret": nothing,
    # What the alarms themselves consist of; nobody is left to be told.
    "AWS::SNS::Topic": nothing,
    "AWS::SNS::Subscription": nothing,
    "AWS::Logs::MetricFilter": nothing,
    ALARM: nothing,
    "AWS::CloudWatch::Dashboard": nothing,
    # Parts of the API, whose metrics are those of the API.
    "AWS::ApiGatewayV2::Stage": nothing,
    "AWS::ApiGatewayV2::Route": nothing,
    "AWS::ApiGatewayV2::Integration": nothing,
    # A call that it refuses is an error of the function that made it.
    "AWS::KMS::Key": nothing,
    # A request that it refuses is an error of the function that made it; TLS is asked for by its policy.
    "AWS::S3::Bucket": nothing,
    "AWS::S3::BucketPolicy": nothing,
    # What a bus refuses is an error of the function that told it; EventBridge tells the archive.
    "AWS::Events::EventBus": nothing,
    "AWS::Events::Archive": nothing,
    # They hold no data of followers, or only copies.
    "AWS::Logs::LogGroup": nothing,
    "AWS::Serverless::LayerVersion": nothing,
    # Permissions: what they refuse is an error of whoever asked.
    "AWS::IAM::Role": nothing,
    "AWS::Lambda::Permission": nothing,
    "AWS::SQS::QueuePolicy": nothing,
}


def losses(template: Mapping[str, Any]) -> set[Watched]:
    """What has to be watched."""
    found = {Watched(OURS, metric) for metric in Metric if metric.is_failure}
    found |= {Watched(OURS, f"{Metric.SENDS_REFUSED}.{error.__name__}") for error in ALARMING}
    for name, resource in template["Resources"].items():
        found.update(LOSSES[resource["Type"]](name, resource.get("Properties", {}), template))
    return found


def alarms(template: Mapping[str, Any]) -> dict[str, Watched]:
    """What alarms that work watch, by their names."""
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] != ALARM or "Condition" in resource:
            continue
        alarm = resource["Properties"]
        tells = alarm.get("AlarmActions") == [{"Ref": "Alarms"}] and alarm.get("ActionsEnabled", True)
        bound = (alarm["ComparisonOperator"], alarm.get("TreatMissingData"))
        if alarm["MetricName"] == "Invocations":
            rings = bound == ("LessThanThreshold", "breaching") and alarm["Threshold"] == 1
        else:
            rings = bound == ("GreaterThanThreshold", "notBreaching") and alarm["Threshold"] >= 0
        if tells and rings:
            dimensions = json.dumps(alarm.get("Dimensions", []))
            namespace = json.dumps(alarm["Namespace"])
            found[name] = Watched(namespace, alarm["MetricName"], dimensions, alarm["Statistic"])
    return found


def unwatched(template: Mapping[str, Any]) -> set[Watched]:
    return losses(template) - set(alarms(template).values())


# --- the rules ---------------------------------------------------------------------------------------


def test_every_way_to_lose_something_has_an_alarm() -> None:
    assert unwatched(TEMPLATE) == set()


def test_every_alarm_watches_a_way_to_lose_something() -> None:
    """Or one reason of a failure, by the error's name."""
    reasons = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
    known = losses(TEMPLATE)
    for name, alarm in alarms(TEMPLATE).items():
        metric, _, reason = alarm.metric.partition(".")
        is_reason = reason in reasons and Watched(OURS, metric) in known
        assert alarm in known or is_reason, name


ALARMS = [name for name, one in TEMPLATE["Resources"].items() if one["Type"] == ALARM]

BROKEN: Mapping[str, Any] = {
    "Namespace": "AWS/Nothing",
    "MetricName": "Nothing",
    "Dimensions": [{"Name": "service", "Value": "nothing"}],
    "Statistic": "Average",
    "AlarmActions": [],
    "ActionsEnabled": False,
    "TreatMissingData": "missing",
    "ComparisonOperator": "LessThanOrEqualToThreshold",
    "Threshold": -1,
}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_that_is_missing_or_watches_something_else_is_missed(name: str) -> None:
    template = copy.deepcopy(dict(TEMPLATE))
    del template["Resources"][name]
    assert len(unwatched(template)) == 1
    for key, value in BROKEN.items():
        template = copy.deepcopy(dict(TEMPLATE))
        template["Resources"][name]["Properties"][key] = value
        assert len(unwatched(template)) == 1, key


RULE = {"Type": "EventBridgeRule", "Properties": {"Pattern": {}}}
NEW: Mapping[str, tuple[Mapping[str, Any], int]] = {
    "function": ({"Type": "AWS::Serverless::Function", "Properties": {}}, 2),
    "function with a dead-letter queue": (
        {"Type": "AWS::Serverless::Function", "Properties": {"DeadLetterQueue": {}}},
        3,
    ),
    "function behind a rule": (
        {"Type": "AWS::Serverless::Function", "Properties": {"Events": {"New": RULE}}},
        3,
    ),
    "queue": ({"Type": "AWS::SQS::Queue", "Properties": {}}, 1),
    "API": ({"Type": "AWS::ApiGatewayV2::Api", "Properties": {}}, 2),
    "machine that logs elsewhere": (
        {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Logging": {
                    "Level": "ERROR",
                    "Destinations": [
                        {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["New", "Arn"]}}}
                    ],
                }
            },
        },
        1,
    ),
}


@pytest.mark.parametrize("what", NEW)
def test_what_is_added_to_the_template_needs_alarms(what: str) -> None:
    resource, needed = NEW[what]
    template = {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "Added": resource}}
    assert len(unwatched(template)) == needed


def test_a_resource_of_a_type_that_nobody_has_thought_about_fails() -> None:
    template = {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "Added": {"Type": "AWS::Kinesis::Stream"}}}
    with pytest.raises(KeyError, match="Kinesis"):
        losses(template)


MORE_THAN_ONE = {
    "RefusedCallbacksAlarm": (3600, 1, 5),  # strangers try the address
    "RefusedPayNoticesAlarm": (3600, 1, 10),  # WeChat itself probes with wrong signatures
    "RefusedMiniProgramsAlarm": (3600, 1, 100),  # what their developers try
    "ApiRejectionsAlarm": (300, 1, 100),  # they try other paths, too
    "InboxAgeAlarm": (60, 1, 300),  # seconds
    "MediaAgeAlarm": (300, 1, 86_400),  # seconds, of the three days that WeChat keeps a file
    "UploadAgeAlarm": (300, 1, 7200),  # seconds, of the day for which WeChat is asked
    "SilentCalendarAlarm": (600, 1, 1),  # fewer than one sweep, of 80
    "SilentBooksAlarm": (3600, 1, 1),  # fewer than one sweep, of 96
    "PerformActionsErrorsAlarm": (300, 3, 20),  # errors are also how a task ends early or is tried again
}
"""Period in seconds, number of periods, threshold."""


def test_one_loss_is_enough_for_an_alarm_except_where_it_is_usual() -> None:
    for name in ALARMS:
        alarm = TEMPLATE["Resources"][name]["Properties"]
        settings = (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"])
        if name in MORE_THAN_ONE:
            assert settings == MORE_THAN_ONE[name]
        else:
            assert settings in {(60, 1, 0), (300, 1, 0)}, name


def test_one_stray_request_rings_no_alarm_and_a_token_that_stopped_fitting_does() -> None:
    """WeChat delivers an event three times, so two events within an hour are six refusals."""
    alarm = TEMPLATE["Resources"]["RefusedCallbacksAlarm"]["Properties"]
    assert alarm["Period"] == 3600
    assert 3 <= alarm["Threshold"] < 2 * 3


def test_the_ends_of_runs_that_the_rule_passes_on_are_those_that_are_counted() -> None:
    rule = TEMPLATE["Resources"]["CloseRunFunction"]["Properties"]["Events"]["RunEnded"]["Properties"]
    ends = {f"Runs.{status.lower()}" for status in rule["Pattern"]["detail"]["status"]}
    assert ends == {metric for metric in Metric if metric.startswith("Runs.")}


def test_no_alarm_or_graph_uses_a_metric_that_china_regions_lack() -> None:
    """https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html"""
    assert "AsyncEvent" not in json.dumps(TEMPLATE["Resources"])


def test_metrics_are_counted_in_one_place_which_takes_the_closed_list() -> None:
    """So mypy finds a name that is not on the list."""
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers/shared").rglob("*.py")]
    counting = [
        source.name
        for source in sources
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("add_metric", "single_metric")
    ]
    assert set(counting) == {"observability.py"}


# --- the dashboard -----------------------------------------------------------------------------------

DASHBOARDS: dict[str, list[dict[str, Any]]] = {
    name: json.loads(resource["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Dashboard"
}
WIDGETS = [widget for widgets in DASHBOARDS.values() for widget in widgets]


def graphed(widgets: Iterable[Mapping[str, Any]] = WIDGETS) -> Iterator[tuple[str, ...]]:
    """Namespace, name and dimensions of what is on the dashboards, without their shorthand."""
    for widget in widgets:
        before: list[str] = []
        for metric in widget["properties"].get("metrics", []):
            names = [part for part in metric if isinstance(part, str)]
            if names[0] == "...":
                names = before[: len(before) - len(names) + 1] + names[1:]
            before = [before[at] if part == "." else part for at, part in enumerate(names)]
            yield tuple(before)


def substituted(value: Any) -> str:
    """A value of the template as the dashboard's text has it."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::Sub": text}:
            return str(text)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case _:
            raise AssertionError(value)


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_and_its_metric_are_on_the_dashboard(name: str) -> None:
    alarm = TEMPLATE["Resources"][name]["Properties"]
    dimensions = [part for one in alarm.get("Dimensions", []) for part in (one["Name"], one["Value"])]
    metric = [alarm["Namespace"], alarm["MetricName"], *dimensions]
    listed = [arn for widget in WIDGETS for arn in widget["properties"].get("alarms", [])]

    assert tuple(map(substituted, metric)) in set(graphed())
    assert f"${{{name}.Arn}}" in listed


def test_every_metric_that_the_code_counts_is_on_the_dashboard_except_the_rare_ones() -> None:
    shown = {metric[1] for metric in graphed()}
    assert set(Metric) - shown == {Metric.URL_VERIFIED, Metric.FOLLOWERS_ERASED}


def test_the_dashboards_stay_free() -> None:
    """Up to three with 50 metrics each: https://aws.amazon.com/cloudwatch/pricing/"""
    assert len(DASHBOARDS) <= 3
    assert all(len(set(graphed(widgets))) <= 50 for widgets in DASHBOARDS.values())


@pytest.mark.parametrize("name", DASHBOARDS)
def test_the_widgets_of_a_dashboard_do_not_overlap(name: str) -> None:
    cells = [
        (x, y)
        for one in DASHBOARDS[name]
        for x in range(one["x"], one["x"] + one["width"])
        for y in range(one["y"], one["y"] + one["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
