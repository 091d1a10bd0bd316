import pytest

from workbench.estimate.prices import PriceTable
from workbench.estimate.usage import CALLBACK, CLOSE, INBOX, TASK, MeasuredUsage, Model, load_measured

SOURCE = "https://aws.amazon.com/pricing/"


def service(**prices: float) -> dict[str, object]:
    """A service whose prices are for a million units, so that a number of dollars is an amount."""
    return {
        "source": SOURCE,
        "prices": {unit: {"price": price, "per": 1_000_000} for unit, price in prices.items()},
    }


@pytest.fixture
def table() -> PriceTable:
    """Round numbers of the test's own: an edit of prices.yaml fails no test."""
    assumed = {
        "other_events": 2,
        "union_ids": 1,
        "callback_ms": 100,
        "inbox_ms": 200,
        "task_ms": 300,
        "wechat_ms": 1000,
        "close_ms": 400,
        "sqs_requests": 3,
        "log_bytes": 2000,
        "access_log_bytes": 500,
    }
    return PriceTable.model_validate(
        {
            "region": "us-east-1",
            "currency": "USD",
            "as_of": "2026-06",
            "quotas": {
                "source": "https://docs.aws.amazon.com/step-functions/quotas",
                "start_execution": {"bucket": 100, "refill": 10},
                "state_transition": {"bucket": 400, "refill": 20},
                "send_task_success": {"bucket": 200, "refill": 50},
            },
            "wechat": {
                "source": "https://developers.weixin.qq.com/limits",
                "custom_messages_a_day": 1000,
                "custom_messages_a_day_of_a_test_account": 100,
            },
            "services": {
                "step_functions": service(transitions=25),
                "dynamodb": service(write_units=2, read_units=1),
                "lambda": service(requests=0.5, gb_seconds=10),
                "cloudwatch_logs": service(kilobytes=1),
                "sqs": service(requests=1),
                "api_gateway": service(requests=4),
                "eventbridge": service(events=0, published=3),
                "kms": service(requests=2),
            },
            "assumptions": assumed,
        }
    )


@pytest.fixture
def model(table: PriceTable) -> Model:
    memory = {CALLBACK: 1024, INBOX: 512, TASK: 512, CLOSE: 512}
    return Model(table.assumptions, MeasuredUsage(memory_mb=memory, requests=load_measured().requests))
