"""The callback beside a bare handler with the same queue write, both against the same AWS on loopback.

Only ratios leave this module: a time of this machine says nothing about Lambda, what one handler takes
more than the other on the same machine in the same minute does. Requests alternate, so that whatever else
the machine does meets both.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from sysconfig import get_path
from typing import Any

from infra.bench.fake_aws import FakeAws, serve
from infra.sandbox.package import built
from infra.sandbox.processes import run
from infra.sandbox.settings import PYTHON, ROOT, Account, Settings, load_account
from wejourney.wire.official_account.crypto import encrypt, sign

REAL = "app"
BARE = "bare_callback"
FUNCTIONS = ("wechat_callback", "process_inbox", "perform_actions", "close_run")
"""The functions on the way of an event, in its order."""

LAYERS = ("DepsLayer", "SharedLayer", "JourneysLayer")

FOLLOW = {
    "MsgType": "event",
    "Event": "subscribe",
    "EventKey": "qrscene_store-SH01",
    "Ticket": "gQH47joAAAAAAAAA",
}
TEXT = {"MsgType": "text", "Content": "你好", "MsgId": "24762519581347001"}

_OK = 200
_PREFIX = "bench/wechat"
_WARMING_UP = 20


class BenchError(Exception):
    """A handler did not do what is to be measured."""


@dataclass
class Subject:
    """A handler, the event for it, and what it showed: seconds, and the AWS calls of a request."""

    module: str
    event: dict[str, Any]
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    first_calls: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    modules: int = 0

    def counted(self) -> dict[str, Any]:
        return {"aws_calls": self.calls, "aws_calls_first": self.first_calls, "modules": self.modules}


@dataclass(frozen=True)
class Comparison:
    """A request on the callback, and its queue write on the bare handler."""

    request: str
    real: Subject
    bare: Subject

    @property
    def ratios(self) -> dict[str, float]:
        """How many times as long the callback takes.

        `cold` is from the start of the interpreter's imports to the first answer.
        """
        real, bare = self.real, self.bare
        real_p99, bare_p99 = (statistics.quantiles(times, n=100)[-1] for times in (real.warm, bare.warm))
        return {
            "warm_p50": statistics.median(real.warm) / statistics.median(bare.warm),
            "warm_p99": real_p99 / bare_p99,
            "cold": statistics.median(real.cold) / statistics.median(bare.cold),
        }

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        return {
            "request": self.request,
            "ratio": self.ratios,
            "samples": {"warm": len(self.real.warm), "cold": len(self.real.cold)},
            "callback": self.real.counted(),
            "bare": self.bare.counted(),
        }


def built_code() -> tuple[dict[str, Path], list[Path]]:
    """What is deployed, with its bytecode: the functions' folders by name, and the layers on Lambda's path.

    Raises SandboxError.
    """
    folder = ROOT / ".sandbox/bench"
    folder.mkdir(parents=True, exist_ok=True)
    folders = built(ROOT / "template.yaml", Settings(directory=folder))
    functions = {name: folders[f"{name.title().replace('_', '')}Function"] for name in FUNCTIONS}
    return functions, [folders[name] / "python" for name in LAYERS]


def bare_paths() -> list[Path]:
    """The bare handler's botocore: the installed one, compiled as what is deployed. Raises SandboxError."""
    folder = ROOT / ".sandbox/bench/bare"
    folder.mkdir(parents=True, exist_ok=True)
    packages = Path(get_path("purelib"))
    shutil.copy(packages / "six.py", folder)
    for name in ("botocore", "dateutil", "jmespath", "urllib3"):
        shutil.copytree(packages / name, folder / name, dirs_exist_ok=True)
    command = [PYTHON, str(ROOT / "infra/tools/bytecode.py"), str(folder)]
    run(command, folder.with_suffix(".log"), "compiling botocore")
    return [folder]


def compare_callback(
    paths: Sequence[Path],
    bare: Sequence[Path],
    progress: Callable[[float], None],
    *,
    cold: int = 7,
    warm: int = 400,
    seconds: float = 40.0,
) -> list[Comparison]:
    """Measure so many fresh interpreters and warm requests of each handler, these in at most so many seconds.

    The callback imports from `paths` alone, the bare handler from `bare`, where they write nothing.
    `progress` is told the part that is done, 0 to 1. Raises BenchError.
    """
    account = load_account()
    with serve(FakeAws()) as aws:
        settings = {name: getattr(account, name) for name in ("token", "encoding_aes_key", "app_secret")}
        aws.secrets[f"{_PREFIX}/{account.app_id}"] = json.dumps(settings)
        environments = {REAL: environment_of(aws, paths), BARE: environment_of(aws, bare)}
        comparisons = [
            _pair("follow, with opening", aws, environments[REAL], request(account, FOLLOW), opened=True),
            _pair("message", aws, environments[REAL], request(account, TEXT), opened=False),
        ]
        subjects = [subject for pair in comparisons for subject in (pair.real, pair.bare)]
        for done in range(cold):
            for subject in subjects:
                _measure_cold(subject, aws, environments[subject.module])
            progress((done + 1) / cold / 2)
        with ExitStack() as stack:
            workers = {
                module: stack.enter_context(start_worker(module, environment))
                for module, environment in environments.items()
            }
            until = time.monotonic() + seconds
            for subject in subjects * _WARMING_UP:
                handle(workers[subject.module], subject.event)
            for done in range(warm):
                for subject in subjects:
                    aws.calls.clear()
                    subject.warm.append(handle(workers[subject.module], subject.event)["seconds"])
                    subject.calls = aws.operations
                progress(0.5 + (done + 1) / warm / 2)
                if time.monotonic() > until:
                    break
    return comparisons


def _pair(
    name: str, aws: FakeAws, environment: Mapping[str, str], event: dict[str, Any], *, opened: bool
) -> Comparison:
    """The callback with this event, and the bare handler with the very message that it queues."""
    with start_worker(REAL, environment) as worker:
        answer = handle(worker, event)
    if opened != ("<Encrypt>" in answer["answer"]["body"]):
        raise BenchError("the callback did not answer as expected; are the journeys compiled?")
    message = dict(next(asked for operation, asked in reversed(aws.calls) if operation == "SendMessage"))
    del message["QueueUrl"]
    return Comparison(name, Subject(REAL, event), Subject(BARE, message))


def _measure_cold(subject: Subject, aws: FakeAws, environment: Mapping[str, str]) -> None:
    """One fresh interpreter, one request."""
    aws.calls.clear()
    with start_worker(subject.module, environment) as worker:
        answer = handle(worker, subject.event)
    subject.cold.append(answer["seconds_since_start"])
    subject.first_calls = aws.operations
    subject.modules = answer["modules"]


# --- workers -----------------------------------------------------------------------------------------


def start_worker(module: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """A fresh interpreter with one handler, without site-packages; it ends when its stdin does."""
    return subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-S", str(Path(__file__).with_name("worker.py")), module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def handle(worker: subprocess.Popen[str], event: dict[str, Any]) -> dict[str, Any]:
    """What the worker measured. Raises BenchError if the handler failed or answered with an HTTP error."""
    print(json.dumps(event), file=worker.stdin, flush=True)
    line = worker.stdout.readline() if worker.stdout else ""
    if not line:
        raise BenchError("a handler answered with nothing: it ended")
    measured: dict[str, Any] = json.loads(line)
    if (status := (measured["answer"] or {}).get("statusCode", _OK)) != _OK:
        raise BenchError(f"a handler answered with {status}")
    return measured


def environment_of(aws: FakeAws, paths: Sequence[Path]) -> dict[str, str]:
    """The workers' variables. What AWS_ENDPOINT_URL names is all of AWS that they can reach."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "INBOX_QUEUE_URL": f"{aws.endpoint}/123456789012/inbox.fifo",
        "FOLLOWERS_TABLE": "followers",
        "PERSONAL_DATA_KEY": "key",
        "ACCOUNTS_TABLE": "accounts",
        "APP_ID": load_account().app_id,
        "ACCOUNTS_SECRET_PREFIX": _PREFIX,
    }


# --- requests ----------------------------------------------------------------------------------------


FOLLOWER = "oFollower-0123456789abcdefghi"


def request(account: Account, fields: Mapping[str, str], openid: str = FOLLOWER) -> dict[str, Any]:
    """A request in safe mode as WeChat sends it, in the shape in which the HTTP API hands it on."""
    now, nonce = str(int(time.time())), "486452656"
    event = {"ToUserName": account.original_id, "FromUserName": openid, "CreateTime": now, **fields}
    encrypted = encrypt(_xml(event).encode(), account.encoding_aes_key, account.app_id)
    query = {
        "signature": sign(account.token, now, nonce),
        "timestamp": now,
        "nonce": nonce,
        "openid": openid,
        "encrypt_type": "aes",
        "msg_signature": sign(account.token, now, nonce, encrypted),
    }
    return {
        "version": "2.0",
        "requestContext": {"http": {"method": "POST", "path": f"/wechat/{account.app_id}"}},
        "pathParameters": {"app_id": account.app_id},
        "queryStringParameters": query,
        "body": _xml({"ToUserName": account.original_id, "Encrypt": encrypted}),
        "isBase64Encoded": False,
    }


def _xml(fields: Mapping[str, str]) -> str:
    return f"<xml>{''.join(f'<{name}><![CDATA[{value}]]></{name}>' for name, value in fields.items())}</xml>"
