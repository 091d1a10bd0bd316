import json
from collections.abc import Iterator
from typing import Any

import pytest

from wejourney.domain.errors import MissingSettingError
from wejourney.observability import AccountLog, Meter, make_logger, make_metrics


@pytest.fixture
def meter() -> Iterator[Meter]:
    """Powertools keeps what is counted in one place for all."""
    metrics = make_metrics("test")
    metrics.clear_metrics()
    yield Meter(metrics)
    metrics.clear_metrics()


def counts(meter: Meter) -> dict[str, Any]:
    return {name: counted["Value"] for name, counted in meter.metrics.metric_set.items()}


def test_a_count_with_a_dimension_is_also_a_metric_of_its_own(meter: Meter) -> None:
    meter.count("SendsRefused", reason="WeChatBusyError")

    assert counts(meter) == {"SendsRefused": [1.0], "SendsRefused.WeChatBusyError": [1.0]}


def test_an_account_that_goes_on_as_it_was_is_logged_and_counted(
    meter: Meter, capsys: pytest.CaptureFixture[str]
) -> None:
    log = AccountLog(make_logger("test_accounts"), meter)
    log.account_outdated("wx1234567890abcdef", MissingSettingError("token", "the secret"))

    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["message"]) == ("ERROR", "account outdated")
    assert (line["app_id"], line["reason"]) == ("wx1234567890abcdef", "token is missing from the secret")
    assert counts(meter) == {"AccountOutdated": [1.0]}
