"""A burst: many strangers follow at once, and each answers; through the functions as they are.

One process a function, one event at a time. 5% of the inbox's records are delivered twice, the copies out of
their batch: a follow comes again among the answers, an answer after all of them. Counted are the effects,
which must be one each, and the processor of the functions' processes alone. As times depend on the machine,
the processor is also given as a number of bare calls by botocore, made in the same minutes.
"""

import json
import statistics
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from infra.bench.burst_world import TABLES, BurstAws, wechat
from infra.bench.callback import (
    BARE,
    FUNCTIONS,
    REAL,
    BenchError,
    environment_of,
    handle,
    request,
    start_worker,
)
from infra.bench.fake_aws import serve
from infra.sandbox.fake_wechat.world import World
from infra.sandbox.settings import Account, load_account
from wejourney.adapters.dynamo.follower_rows import RUN
from wejourney.adapters.dynamo.items import partition
from wejourney.adapters.dynamo.loyalty.books_store import BOOKS, books_of
from wejourney.allowances.wechat_rules import Act
from wejourney.clock import Clock
from wejourney.journeys.segments import PeopleRules
from wejourney.loyalty.programme import NO_PROGRAMME
from workbench.compiler.catalogue import catalogue_json, people_json, programme_json
from workbench.compiler.state_machine import compile_journey
from workbench.language.journey import Journey
from workbench.language.reading import read_file

JOURNEY = Path(__file__).with_name("burst.yaml")
REDELIVERED = 0.05
"""The part of the inbox's records that is delivered twice."""

POINTS = 50
"""What the journey gives each follower."""

FOLLOW = {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_store-SH01", "Ticket": "gQH47joAAA"}
ANSWER = {"MsgType": "text", "Content": "1"}
_FIRST_ID = 24762519581347001

_BATCH = 10
_EARLY = 1_000
"""The events after which a process has loaded all that it needs: its memory must not grow from there."""

_EVENTS = 7.1
"""Events of a follower, those that come again included."""

_BARE_CALLS = 200
_SEED = 33


@dataclass
class Stage:
    """What a function does with one kind of event; `seconds` are those of its own processor."""

    name: str
    events: int = 0
    seconds: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def milliseconds(self) -> float:
        return 1000 * self.seconds / self.events

    @property
    def calls_per_event(self) -> float:
        return self.calls.total() / self.events


@dataclass(frozen=True)
class Burst:
    """What a burst has shown.

    `effects` says by the kind of effect how often it has happened to whom. `memory` has of each function the
    bytes of its process early and at the end, `bare_call` is the processor of a bare call in seconds.
    """

    followers: Sequence[str]
    stages: Sequence[Stage]
    effects: Mapping[str, Counter[str]]
    memory: Mapping[str, tuple[int, int]]
    bare_call: float

    @property
    def lost(self) -> int:
        return sum(not counted[person] for counted in self.effects.values() for person in self.followers)

    @property
    def doubled(self) -> int:
        """Effects that somebody has had too often, or who is none of the followers at all."""
        return sum(counted.total() - len(self.followers) for counted in self.effects.values()) + self.lost

    @property
    def milliseconds(self) -> float:
        """The processor of all functions for one follower."""
        return 1000 * sum(stage.seconds for stage in self.stages) / len(self.followers)

    @property
    def bare_calls(self) -> float:
        """The same as a number of bare calls by botocore."""
        return self.milliseconds / 1000 / self.bare_call

    def lines(self) -> Iterable[str]:
        """What `make bench` prints below its table."""
        yield f"{self.lost} lost, {self.doubled} doubled of {', '.join(self.effects)}"
        yield (
            f"{self.milliseconds:.1f} ms of processor a follower, as much as {self.bare_calls:.1f} bare "
            f"calls by botocore ({1000 * self.bare_call:.2f} ms each)"
        )
        sizes = (
            f"{name} {early / 1e6:.0f} and {late / 1e6:.0f}" for name, (early, late) in self.memory.items()
        )
        yield f"Memory in MB, early (by {_EARLY:,} events) and at the end: {', '.join(sizes)}"

    def to_dict(self) -> dict[str, Any]:
        """The form of `--json`."""
        stages = {
            stage.name: {"events": stage.events, "calls": dict(stage.calls), "ms": stage.milliseconds}
            for stage in self.stages
        }
        return {
            "followers": len(self.followers),
            "lost": self.lost,
            "doubled": self.doubled,
            "ms_per_follower": self.milliseconds,
            "bare_calls_per_follower": self.bare_calls,
            "memory": dict(self.memory),
            "stages": stages,
        }


def run_burst(
    followers: int,
    functions: Mapping[str, Path],
    layers: Sequence[Path],
    bare: Sequence[Path],
    progress: Callable[[float], None] = lambda _: None,
) -> Burst:
    """Let so many strangers follow and answer.

    `functions` has the folder of each function, `layers` are the other places of its modules; the bare
    handler imports from `bare`. `progress` is told the part that is done, 0 to 1. Raises BenchError.
    """
    journey = read_file(JOURNEY).journey
    if journey is None:
        raise BenchError(f"{JOURNEY} has a mistake: run `uv run wejourney check`")
    account = load_account()
    world = World(account, Clock())
    with ExitStack() as stack:
        aws = stack.enter_context(serve(BurstAws()))
        settings = {name: getattr(account, name) for name in ("token", "encoding_aes_key", "app_secret")}
        url = stack.enter_context(wechat(world))
        catalogue = Path(stack.enter_context(TemporaryDirectory()))
        (catalogue / "journey_catalogue").mkdir()
        (catalogue / "journey_catalogue/__init__.py").touch()
        (catalogue / "journey_catalogue/catalogue.json").write_text(catalogue_json([journey]), "utf-8")
        (catalogue / "journey_catalogue/people.json").write_text(people_json(PeopleRules()), "utf-8")
        (catalogue / "journey_catalogue/programme.json").write_text(programme_json(NO_PROGRAMME), "utf-8")
        workers = {}
        for name in FUNCTIONS:
            environment = environment_of(aws, [functions[name], catalogue, *layers]) | _variables(url)
            workers[name] = stack.enter_context(start_worker(REAL, environment))
            aws.secrets[f"{environment['ACCOUNTS_SECRET_PREFIX']}/{account.app_id}"] = json.dumps(settings)
        environment = environment_of(aws, bare) | {"INBOX_QUEUE_URL": f"{aws.endpoint}/bare"}
        yardstick = stack.enter_context(start_worker(BARE, environment))
        burst = _Burst(aws, world, account, journey, workers, yardstick)
        return burst.run([f"oBurst-{number:022d}" for number in range(followers)], progress)


def _variables(wechat_url: str) -> dict[str, str]:
    """What functions behind the inbox need besides the callback's variables."""
    names = {f"{table.removesuffix('Table').upper()}_TABLE": table for table in TABLES}
    machines = "arn:aws:states:us-east-1:123456789012:stateMachine:bench-journey-"
    return names | {
        "JOURNEY_MACHINE_PREFIX": machines,
        "WECHAT_API_URL": wechat_url,
        "DEAD_LETTERS_URL": "dead-letters",
        "MEDIA_QUEUE_URL": "media",
        "MEDIA_BUCKET": "media",
        "UPLOAD_BUCKET": "uploads",
        "KEEP_UPLOADS": "none",
        "KEEP_MEDIA": "none",
    }


class _Burst:
    """A burst under way: each method carries everybody one step on."""

    def __init__(
        self,
        aws: BurstAws,
        world: World,
        account: Account,
        journey: Journey,
        workers: Mapping[str, subprocess.Popen[str]],
        yardstick: subprocess.Popen[str],
    ) -> None:
        self._aws, self._world, self._account = aws, world, account
        self._workers, self._yardstick = workers, yardstick
        definition = compile_journey(journey, JOURNEY.name)
        self._first: str = definition["StartAt"]
        self._states: dict[str, Any] = definition["States"]
        self._random = Random(_SEED)  # noqa: S311 - the same records are delivered twice each time
        self._stages: dict[str, Stage] = {}
        self._memory: dict[str, tuple[int, int]] = {}
        self._seen: Counter[str] = Counter()
        self._openings: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._openids: dict[str, str] = {}
        self._bare: list[float] = []

    def run(self, followers: Sequence[str], progress: Callable[[float], None]) -> Burst:
        self._followers, self._progress = followers, progress
        for name in FUNCTIONS[1:]:
            handle(self._workers[name], {"warm": True})
        self._write("follow", Act.FOLLOW, lambda _: FOLLOW)
        follows = self._records()
        self._process("follow", follows)
        self._ask()
        self._write("answer", Act.MESSAGE, lambda number: ANSWER | {"MsgId": str(_FIRST_ID + number)})
        answers = self._records()
        half = len(answers) // 2
        self._process("answer", answers[:half])
        self._process("again", self._some_of(follows))
        self._process("answer", answers[half:])
        self._process("again", self._some_of(answers))
        self._thank()
        self._close()
        effects = {"openings": self._openings, "answers": self._answered, **self._on_record()}
        return Burst(
            followers, list(self._stages.values()), effects, self._memory, statistics.median(self._bare)
        )

    def _write(self, kind: str, act: Act, fields: Callable[[int], Mapping[str, str]]) -> None:
        for number, openid in enumerate(self._followers):
            self._world.act(self._world.known(openid), act, self._world.clock.now())
            event = request(self._account, fields(number), openid)
            answer = self._call("wechat_callback", kind, event)
            self._openings[openid] += "<Encrypt>" in answer["body"]
            self._keep_time()

    def _records(self) -> list[dict[str, Any]]:
        """The messages that are in the queue since the last time, as Lambda hands them on."""
        messages = dict(self._aws.queue)
        self._aws.queue.clear()
        return [
            {
                "messageId": name,
                "body": message["MessageBody"],
                "attributes": {
                    "MessageGroupId": message["MessageGroupId"],
                    "ApproximateReceiveCount": "1",
                    "SequenceNumber": str(number),
                },
            }
            for number, (name, message) in enumerate(messages.items())
        ]

    def _some_of(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return self._random.sample(records, round(len(records) * REDELIVERED))

    def _process(self, kind: str, records: Iterable[dict[str, Any]]) -> None:
        for batch in batched(records, _BATCH, strict=False):
            answer = self._call("process_inbox", kind, {"Records": batch}, len(batch))
            if answer["batchItemFailures"]:
                raise BenchError("process_inbox has failed; set POWERTOOLS_LOG_LEVEL and look at its log")

    def _ask(self) -> None:
        for name, start in self._aws.started.items():
            token = b64encode(f"{name:600}".encode()).decode()
            self._aws.waiting[token] = name
            self._perform("ask", self._first, json.loads(start), {"token": token})

    def _thank(self) -> None:
        for name, output in self._aws.woken.items():
            self._answered[self._follower_of(self._aws.started[name])["openid"]] += 1
            self._perform("tag, award, send", self._states[self._first]["Next"], json.loads(output), {})

    def _perform(self, kind: str, state: str, run: Any, more: dict[str, str]) -> None:
        payload = self._states[state]["Arguments"]["Payload"] | {"run": run, "state": state} | more
        self._call("perform_actions", kind, payload)

    def _close(self) -> None:
        for start in self._aws.started.values():
            detail = {"status": "SUCCEEDED", "input": start, "output": "{}"}
            self._call("close_run", "end", {"detail": detail})

    def _call(self, function: str, kind: str, event: dict[str, Any], events: int = 1) -> Any:
        counts = self._aws.counts.copy()
        measured = handle(self._workers[function], event)
        name = f"{function}: {kind}"
        stage = self._stages.setdefault(name, Stage(name))
        stage.events += events
        stage.seconds += measured["processor_seconds"]
        stage.calls += self._aws.counts - counts
        self._seen[function] += events
        early, memory = self._memory.get(function, (0, 0))[0], measured["memory"]
        if not early and self._seen[function] >= min(_EARLY, len(self._followers) // 2):
            early = memory
        self._memory[function] = early, memory
        self._progress(self._seen.total() / len(self._followers) / _EVENTS)
        return measured["answer"]

    def _keep_time(self) -> None:
        """A bare call now and then: it must meet the same machine as the functions."""
        if self._seen["wechat_callback"] % max(1, 2 * len(self._followers) // _BARE_CALLS) == 0:
            message = {"MessageBody": "x" * 600, "MessageGroupId": "1", "MessageDeduplicationId": "1"}
            self._bare.append(handle(self._yardstick, message)["processor_seconds"])

    def _on_record(self) -> Mapping[str, Counter[str]]:
        """What is on record of each follower, and what has reached them."""
        starts = list(map(self._follower_of, self._aws.started.values()))
        owners = {partition(start["person_id"]): start["openid"] for start in starts}
        found = {
            "executions": Counter(start["openid"] for start in starts),
            "messages": Counter(
                {openid: len(person.messages) for openid, person in self._world.people.items()}
            ),
            "ends": Counter[str](),
            "points": Counter[str](),
        }
        for item in self._aws.items("FollowersTable"):
            if item["sk"]["S"].startswith(RUN) and "end" in item:
                found["ends"][owners[item["pk"]["S"]]] += 1
        for item in self._aws.items("LedgerTable"):
            if item["sk"]["S"].startswith(BOOKS):
                found["points"][owners[item["pk"]["S"]]] += books_of(item).available // POINTS
        return found

    def _follower_of(self, start: str) -> dict[str, str]:
        """Whom the execution with this input speaks with; the input itself shows no openid."""
        person_id: str = json.loads(start)["person_id"]
        if person_id not in self._openids:
            self._openids = {
                item["pk"]["S"].removeprefix(partition("")): json.loads(item["contacts"]["S"])[0]["openid"]
                for item in self._aws.items("FollowersTable")
                if "contacts" in item
            }
        return {"person_id": person_id, "openid": self._openids[person_id]}
