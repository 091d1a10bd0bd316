"""The local AWS's streams of tables: their batches name a shard, and time stands until they are processed."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from ministack.services import dynamodb, lambda_svc

from infra.sandbox import ministack_patches
from infra.sandbox.timekeeper import StillInFlightError, Timekeeper

tables: Any = dynamodb
lambdas: Any = lambda_svc

NOW = 1_795_680_000
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/followers/stream/2026-11-26T00:00:00.000"
REPLACED = {"_poll_dynamodb_streams": (), "_execute_function": ("func", "event")}
"""The functions that ministack_patches.py wraps, and their parameters."""


class Stream:
    """A table whose stream goes to a function of the test's own; `poll` asks for its records."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, keeper: Timekeeper) -> None:
        self.keeper = keeper
        self.events: list[dict[str, Any]] = []
        self.fails = False
        for module, names in (
            (lambdas, ("_esms", "_dynamodb_stream_positions", "_poll_dynamodb_streams")),
            (tables, ("_tables", "_stream_records", "_stream_trimmed")),
        ):
            for name in names:
                value = getattr(module, name)
                monkeypatch.setattr(module, name, value if callable(value) else type(value)())
        monkeypatch.setattr(lambdas, "_get_func_record_for_qualifier", lambda *_: ({"config": {}}, {}))
        monkeypatch.setattr(lambdas, "_execute_function", self._function)
        monkeypatch.setattr(lambdas, "_ESM_BACKOFF_SECONDS", 0.0)
        tables._tables["followers"] = {
            "TableArn": ARN.partition("/stream/")[0],
            "LatestStreamArn": ARN,
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "pk_name": "pk",
            "sk_name": "sk",
        }
        lambdas._esms["e"] = {
            "UUID": "e", "Enabled": True, "EventSourceArn": ARN, "FunctionName": "f", "BatchSize": 10,
            "StartingPosition": "TRIM_HORIZON",
        }  # fmt: skip
        ministack_patches.patch_streams(keeper)

    def _function(self, _function: Any, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        return {"error": True, "body": {}} if self.fails else {"body": {}}

    def write(self, sk: str) -> None:
        tables._emit_stream_event("followers", "INSERT", None, {"pk": {"S": "p"}, "sk": {"S": sk}})


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stream:
    clock = tmp_path / "clock"
    clock.write_text(str(NOW), "ascii")
    return Stream(monkeypatch, Timekeeper(clock))


@pytest.mark.parametrize("name", REPLACED)
def test_ministack_still_has_what_is_replaced(name: str) -> None:
    assert tuple(inspect.signature(getattr(lambdas, name)).parameters) == REPLACED[name]


def test_a_batch_names_its_shard(stream: Stream) -> None:
    stream.write("1")
    lambdas._poll_dynamodb_streams()
    ((records, shard),) = ((event["Records"], event["shardId"]) for event in stream.events)
    assert ([one["dynamodb"]["Keys"]["sk"]["S"] for one in records], shard) == (["1"], "shardId-0")


def test_time_stands_until_what_was_written_is_processed(stream: Stream) -> None:
    assert stream.keeper.state()["in_flight"] == {}
    stream.write("1")
    with pytest.raises(StillInFlightError, match="changes"):
        stream.keeper.advance(NOW + 60, patience=0.05)

    stream.fails = True
    lambdas._poll_dynamodb_streams()
    assert "changes" in stream.keeper.state()["in_flight"]

    stream.fails = False
    lambdas._poll_dynamodb_streams()
    stream.keeper.advance(NOW + 60, patience=5)
    assert (stream.keeper.seconds, len(stream.events)) == (NOW + 60, 2)


def test_time_does_not_wait_for_a_mapping_that_is_switched_off(stream: Stream) -> None:
    lambdas._esms["e"]["Enabled"] = False
    stream.write("1")
    stream.keeper.advance(NOW + 60, patience=5)
    assert stream.events == []
