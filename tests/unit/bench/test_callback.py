"""The comparison itself: the same queue write, the same settings, ratios only."""

import json
from pathlib import Path
from sysconfig import get_path

import pytest

from infra.bench import bare_callback
from infra.bench.callback import (
    BARE,
    BenchError,
    Comparison,
    Subject,
    compare_callback,
    environment_of,
    handle,
    start_worker,
)
from infra.bench.fake_aws import FakeAws, serve
from infra.sandbox.settings import ROOT
from wejourney.bootstrap.callback import LIMITS

SOURCES = [
    ROOT / "functions/wechat_callback",
    ROOT / "layers/shared/python",
    ROOT / "layers/journeys/python",
    Path(get_path("platlib")),
]


def subject(*, cold: float, warm: float) -> Subject:
    return Subject("", {}, cold=[cold] * 7, warm=[warm] * 98 + [warm * 2, warm * 9])


COMPARISON = Comparison("message", subject(cold=3.0, warm=0.006), subject(cold=2.0, warm=0.002))


def test_the_callback_is_compared_with_its_queue_write_alone() -> None:
    done: list[float] = []
    follow, message = compare_callback(SOURCES, SOURCES, done.append, cold=1, warm=3)
    assert done[-1] == 1.0
    assert (follow.real.calls, message.real.calls) == (["GetItem", "SendMessage"], ["SendMessage"])
    for comparison in (follow, message):
        real, bare = comparison.real, comparison.bare
        assert bare.calls == bare.first_calls == ["SendMessage"]
        assert real.first_calls == ["GetSecretValue", *real.calls]
        assert 0 < real.modules <= 250
        assert [len(times) for times in (real.warm, bare.warm, real.cold, bare.cold)] == [3, 3, 1, 1]


def test_the_bare_client_has_the_settings_of_the_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bare_callback.queue.cache_clear()
    config = bare_callback.queue().meta.config
    assert LIMITS["sqs"] == (
        config.connect_timeout,
        config.read_timeout,
        config.retries["total_max_attempts"],
    )
    bare_callback.queue.cache_clear()


def test_a_result_is_a_ratio_of_medians_and_of_99th_percentiles() -> None:
    assert COMPARISON.ratios == pytest.approx({"warm_p50": 3.0, "warm_p99": 3.0, "cold": 1.5})


def test_no_time_of_this_machine_is_reported() -> None:
    assert COMPARISON.to_dict()["ratio"].keys() == {"warm_p50", "warm_p99", "cold"}
    assert "0.006" not in json.dumps(COMPARISON.to_dict())


def test_a_handler_that_fails_is_an_error_and_no_sample() -> None:
    with serve(FakeAws()) as aws, start_worker(BARE, environment_of(aws, SOURCES)) as worker:
        with pytest.raises(BenchError):
            handle(worker, {"MessageBody": 1})
        assert aws.operations == []
