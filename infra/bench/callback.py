"""The callback beside a bare handler with the same queue write, both against the same AWS on loopback.

Only ratios leave this module: a time of this machine says nothing about Lambda, what one handler takes
more than the other on the same machine in the same minute does. Requests alternate, so that whatever else
the machine does meets both.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from infra.bench import wechat_request
from infra.bench.fake_aws import FakeAws, serve_fake_aws
from infra.sandbox.settings import load_account

ROOT = Path(__file__).resolve().parents[2]
REAL = "functions.wechat_callback.app"
BARE = "infra.bench.bare_callback"

_OK = 200
_PREFIX = "bench/wechat"
_WARMING_UP = 20


class BenchError(Exception):
    """A handler did not do what is to be measured."""


@dataclass(frozen=True)
class Effort:
    """How much is measured: fresh interpreters and warm requests per handler, and at most how long."""

    cold: int = 7
    warm: int = 400
    seconds: float = 40.0


@dataclass
class Samples:
    """What one handler showed. Times in seconds; `calls` are the AWS calls of a request."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    first_calls: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    modules: int = 0


@dataclass(frozen=True)
class Comparison:
    """A request on the callback and its queue write on the bare handler."""

    request: str
    real: Samples
    bare: Samples

    @property
    def warm_p50(self) -> float:
        """How many times as long the callback takes, in the middle."""
        return statistics.median(self.real.warm) / statistics.median(self.bare.warm)

    @property
    def warm_p99(self) -> float:
        """The same for the slowest of a hundred."""
        return _p99(self.real.warm) / _p99(self.bare.warm)

    @property
    def cold(self) -> float:
        """The same from the start of the interpreter's imports to the first answer, in the middle."""
        return statistics.median(self.real.cold) / statistics.median(self.bare.cold)

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "request": self.request,
            "ratio": {"warm_p50": self.warm_p50, "warm_p99": self.warm_p99, "cold": self.cold},
            "samples": {"warm": len(self.real.warm), "cold": len(self.real.cold)},
            **{
                name: {
                    "aws_calls": samples.calls,
                    "aws_calls_first": samples.first_calls,
                    "modules": samples.modules,
                }
                for name, samples in (("callback", self.real), ("bare", self.bare))
            },
        }


def _p99(times: list[float]) -> float:
    """The time that 99 of 100 do not exceed."""
    return statistics.quantiles(times, n=100)[-1]


class Worker:
    """A fresh interpreter with one handler."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "infra.bench.worker", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self._stdin: IO[str] = self._process.stdin  # type: ignore[assignment] # a pipe was asked for
        self._stdout: IO[str] = self._process.stdout  # type: ignore[assignment]

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the worker measured. Raises BenchError unless the handler answered with 200."""
        print(json.dumps(event), file=self._stdin, flush=True)
        line = self._stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"status": "nothing: it ended"}
        if answer["status"] != _OK:
            raise BenchError(f"a handler answered with {answer['status']}")
        return answer

    def close(self) -> None:
        """End it."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


@dataclass(frozen=True)
class Subject:
    """A handler, the event for it, and what it showed."""

    module: str
    event: dict[str, Any]
    samples: Samples = field(default_factory=Samples)


@dataclass(frozen=True)
class Bench:
    """The measuring. `aws` is what both handlers speak to."""

    aws: FakeAws
    environment: dict[str, str]

    @contextmanager
    def worker(self, module: str) -> Iterator[Worker]:
        """A worker that is ended afterwards."""
        worker = Worker(module, self.environment)
        try:
            yield worker
        finally:
            worker.close()

    def pair(self, event: dict[str, Any], *, opened: bool) -> tuple[Subject, Subject]:
        """The callback with this event, and the bare handler with the very message that it queues."""
        with self.worker(REAL) as worker:
            answer = worker.handle(event)
        if opened != ("<Encrypt>" in answer["body"]):
            raise BenchError("the callback did not answer as expected; are the journeys compiled?")
        message = dict(next(asked for name, asked in reversed(self.aws.calls) if name == "SendMessage"))
        del message["QueueUrl"]
        return Subject(REAL, event), Subject(BARE, message)

    def cold(self, subject: Subject) -> None:
        """One fresh interpreter, one request."""
        seen = len(self.aws.calls)
        with self.worker(subject.module) as worker:
            answer = worker.handle(subject.event)
        subject.samples.cold.append(answer["seconds_since_start"])
        subject.samples.first_calls = self.aws.operations[seen:]
        subject.samples.modules = answer["modules"]

    def warm(self, subject: Subject, worker: Worker) -> None:
        """One more request of a worker."""
        self.aws.calls.clear()
        subject.samples.warm.append(worker.handle(subject.event)["seconds"])
        subject.samples.calls = self.aws.operations


def compare_callback(effort: Effort, progress: Callable[[float], None]) -> list[Comparison]:
    """Measure. `progress` is told the part that is done, 0 to 1. Raises BenchError."""
    account = load_account()
    with serve_fake_aws() as aws:
        settings = {name: getattr(account, name) for name in ("token", "encoding_aes_key", "app_secret")}
        aws.secrets[f"{_PREFIX}/{account.app_id}"] = json.dumps(settings)
        bench = Bench(aws, environment(aws))
        pairs = {
            "follow, with opening": bench.pair(wechat_request.follow(account, "store-SH01"), opened=True),
            "message": bench.pair(wechat_request.text(account, "你好"), opened=False),
        }
        _measure(bench, [subject for pair in pairs.values() for subject in pair], effort, progress)
    return [Comparison(name, real.samples, bare.samples) for name, (real, bare) in pairs.items()]


def _measure(
    bench: Bench, subjects: list[Subject], effort: Effort, progress: Callable[[float], None]
) -> None:
    """Cold first, then warm until the effort is made or its time is over."""
    until = time.monotonic() + effort.seconds
    for done in range(effort.cold):
        for subject in subjects:
            bench.cold(subject)
        progress((done + 1) / effort.cold / 2)
    with bench.worker(REAL) as real, bench.worker(BARE) as bare:
        workers = {REAL: real, BARE: bare}
        for subject in subjects * _WARMING_UP:
            workers[subject.module].handle(subject.event)
        for done in range(effort.warm):
            for subject in subjects:
                bench.warm(subject, workers[subject.module])
            progress(0.5 + (done + 1) / effort.warm / 2)
            if time.monotonic() > until:
                break


def environment(aws: FakeAws) -> dict[str, str]:
    """The workers' variables. What AWS_ENDPOINT_URL names is all of AWS that they can reach."""
    paths = (ROOT, ROOT / "layers/shared/python", ROOT / "layers/journeys/python")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "INBOX_QUEUE_URL": f"{aws.endpoint}/123456789012/inbox.fifo",
        "FOLLOWERS_TABLE": "followers",
        "ACCOUNTS_TABLE": "accounts",
        "APP_ID": load_account().app_id,
        "ACCOUNTS_SECRET_PREFIX": _PREFIX,
    }
