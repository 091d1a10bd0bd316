"""The comparison itself: the same queue write, the same settings, ratios only."""

import json

import pytest

from infra.bench import bare_callback
from infra.bench.callback import (
    BARE,
    Bench,
    BenchError,
    Comparison,
    Effort,
    Samples,
    compare_callback,
    environment,
)
from infra.bench.fake_aws import serve_fake_aws
from wejourney.adapters.aws.callback import make_clients


def samples(*, cold: float, warm: float) -> Samples:
    return Samples(cold=[cold] * 7, warm=[warm] * 98 + [warm * 2, warm * 9])


def test_what_is_compared_is_the_callback_beside_nothing_but_its_queue_write() -> None:
    done: list[float] = []
    follow, message = compare_callback(Effort(cold=1, warm=3), done.append)
    assert done[-1] == 1.0
    assert (follow.real.calls, message.real.calls) == (["Query", "SendMessage"], ["SendMessage"])
    for one in (follow, message):
        assert one.bare.calls == one.bare.first_calls == ["SendMessage"]
        assert one.real.first_calls == ["GetSecretValue", *one.real.calls]
        assert one.real.modules > one.bare.modules > 0
        assert (len(one.real.warm), len(one.bare.warm), len(one.real.cold), len(one.bare.cold)) == (
            3,
            3,
            1,
            1,
        )


def test_the_bare_client_has_the_settings_of_the_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    bare_callback.queue.cache_clear()
    bare, real = bare_callback.queue().meta.config, make_clients().sqs.meta.config
    for name in ("connect_timeout", "read_timeout", "retries", "max_pool_connections", "tcp_keepalive"):
        assert getattr(bare, name) == getattr(real, name), name
    bare_callback.queue.cache_clear()


def test_a_result_is_a_ratio_of_the_middles_and_of_the_slowest_of_a_hundred() -> None:
    real, bare = samples(cold=3.0, warm=0.006), samples(cold=2.0, warm=0.002)
    one = Comparison("message", real, bare)
    assert (one.warm_p50, one.warm_p99, one.cold) == pytest.approx((3.0, 3.0, 1.5))


def test_no_time_of_this_machine_is_reported() -> None:
    one = Comparison("message", samples(cold=3.0, warm=0.006), samples(cold=2.0, warm=0.002))
    assert one.to_dict()["ratio"].keys() == {"warm_p50", "warm_p99", "cold"}
    assert "0.006" not in json.dumps(one.to_dict())


def test_a_handler_that_fails_is_an_error_and_no_sample() -> None:
    with serve_fake_aws() as aws, Bench(aws, environment(aws)).worker(BARE) as worker:
        with pytest.raises(BenchError):
            worker.handle({"MessageBody": 1})
        assert aws.operations == []
