import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from wejourney.errors import MissingSettingError
from wejourney.metrics import Metric
from wejourney.observability import AccountLog, CloudWatchMeter, make_logger, make_metrics


@pytest.fixture
def meter() -> Iterator[CloudWatchMeter]:
    """Powertools keeps what is counted in one place for all."""
    metrics = make_metrics()
    metrics.clear_metrics()
    yield CloudWatchMeter(metrics)
    metrics.clear_metrics()


def counts(meter: CloudWatchMeter) -> dict[str, Any]:
    return {name: counted["Value"] for name, counted in meter.metrics.metric_set.items()}


def test_a_count_with_a_dimension_is_also_a_metric_of_its_own(meter: CloudWatchMeter) -> None:
    meter.count(Metric.SENDS_REFUSED, reason="WeChatBusyError")

    assert counts(meter) == {"SendsRefused": [1.0], "SendsRefused.WeChatBusyError": [1.0]}


def test_an_account_that_goes_on_as_it_was_is_logged_and_counted(
    meter: CloudWatchMeter, capsys: pytest.CaptureFixture[str]
) -> None:
    log = AccountLog(make_logger("test_accounts"), meter)
    log.account_outdated("wx1234567890abcdef", MissingSettingError("token", "the secret"))

    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"]) == ("ERROR", "account outdated")
    assert (line["app_id"], line["reason"]) == ("wx1234567890abcdef", "token is missing from the secret")
    assert counts(meter) == {"AccountOutdated": [1.0]}


def test_metrics_of_a_deployment_are_in_its_own_namespace_whichever_function_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two deployments of one account do not ring each other's alarms."""
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "wejourney/shanghai")
    metrics = make_metrics()
    metrics.clear_metrics()
    CloudWatchMeter(metrics).count(Metric.CALLBACK_FAILED)

    (published,) = metrics.serialize_metric_set()["_aws"]["CloudWatchMetrics"]
    metrics.clear_metrics()
    assert published["Namespace"] == "wejourney/shanghai"
    assert published["Dimensions"] == [[]]
    assert [metric["Name"] for metric in published["Metrics"]] == ["CallbackFailed"]


def test_an_invocation_that_counts_nothing_warns_of_nothing() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        metrics = make_metrics()
        metrics.clear_metrics()
        metrics.log_metrics(lambda _event, _context: None)({}, None)

    assert not told
