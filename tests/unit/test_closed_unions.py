"""A new step, action, content or condition cannot be forgotten: mypy or a test names who must know it."""

import ast
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from wejourney.adapters.wechat.api import MessageType
from wejourney.events.event import InboundEvent, Subject
from wejourney.events.event_types import MenuClicked
from wejourney.events.matching import EventCount, EventPattern
from wejourney.journeys.conditions import NOTHING, History, holds, parts_of
from wejourney.journeys.definition import Condition
from wejourney.loyalty.balance import Balance, BalanceTest
from wejourney.messaging.channels import CHANNELS, CUSTOM
from wejourney.people.counters import CounterTest, DailyAmounts, day_of
from wejourney.people.followers import Follower
from wejourney.people.lifecycle import Stage
from workbench.compiler.naming import step_name
from workbench.language.step_types import Branch, Case
from workbench.proof.facts import decide, keys_of
from workbench.wording.journey_parts import Wording
from workbench.wording.picture_phrases import Language

ROOT = Path(__file__).parents[2]
SOURCES = ("functions", "layers/shared/python", "workbench", "infra")

RUNTIME = "layers/shared/python/wejourney"
MEMBERS = {
    "WaitForWeather": (
        "workbench/language/step_types.py",
        "type RunStep =",
        'class WaitForWeather:\n    days: int\n    kind: str = "weather"',
    ),
    "Hologram": (
        f"{RUNTIME}/messaging/contents.py",
        "type Content =",
        'class Hologram:\n    shape: str\n    kind: str = "hologram"',
    ),
    "DanceAction": (
        f"{RUNTIME}/journeys/action_types.py",
        "type Action = (",
        'class DanceAction:\n    do: ClassVar[str] = "dance"\n    step: str',
    ),
    "Sneezed": (
        "workbench/trace/trace_events.py",
        "type TraceEvent = (",
        "class Sneezed(_Happened):\n    loud: bool",
    ),
    "Around": ("workbench/proof/facts.py", "type Known =", "class Around:\n    number: int"),
    "Exchanged": (
        f"{RUNTIME}/events/event_types.py",
        "type EventBody = (",
        "class Exchanged(EventFields):\n    total: Fen",
    ),
}
"""A new member of each union: its file, the beginning of the union, and its class."""

MUST_KNOW = {
    "WaitForWeather": {
        "workbench/checks/branches.py",
        "workbench/checks/steps.py",
        "workbench/compiler/blocks.py",
        "workbench/drawing/picture.py",
        "workbench/language/durations.py",
        "workbench/language/traversal.py",
        "workbench/proof/moves.py",
        "workbench/proof/program.py",
        "workbench/wording/journey_parts.py",
        "workbench/simulator/run_interpreter.py",
        "workbench/trace/engine.py",
        "workbench/trace/recorded.py",
    },
    "Hologram": {"workbench/drawing/picture.py"},
    "DanceAction": {
        "layers/shared/python/wejourney/journeys/action_types.py",
        "layers/shared/python/wejourney/services/perform_actions.py",
        "workbench/compiler/naming.py",
        "workbench/estimate/usage.py",
        "workbench/trace/engine.py",
    },
    "Sneezed": {
        "workbench/operations/profiles.py",
        "workbench/trace/funnel.py",
        "workbench/trace/trace_events.py",
        "workbench/trace/transcript.py",
    },
    "Around": {"workbench/proof/facts.py", "workbench/simulator/spread.py"},
    "Exchanged": {"layers/shared/python/wejourney/people/followers.py"},
}
"""The modules that must say what a new member of each union means to them. All others take it from these."""


@pytest.mark.long
def test_mypy_finds_every_module_that_does_not_know_a_new_member(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for folder in ("layers/shared/python/wejourney", "workbench"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, (path, union, member) in MEMBERS.items():
        file = copy / path
        text = file.read_text("utf-8")
        assert text.count(union) == 1
        file.write_text(
            text.replace(union, f"@dataclass(frozen=True)\n{member}\n\n\n{union} {name} |"), "utf-8"
        )
    # What mypy knows of libraries, and of modules that the new members do not reach, is half of its work.
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", copy / ".mypy_cache")
    mypy = [sys.executable, "-m", "mypy", "layers/shared/python", "workbench"]
    found = subprocess.run(mypy, cwd=copy, capture_output=True, text=True, check=False).stdout  # noqa: S603
    modules = defaultdict[str, set[str]](set)
    for line in found.splitlines():
        path, _, told = line.partition(":")
        if ": error: " in told:
            # mypy cuts a long union short; the steps are the only long one.
            modules[next((name for name in MUST_KNOW if f'"{name}"' in told), "WaitForWeather")].add(path)
    assert modules == MUST_KNOW


# --- every match -----------------------------------------------------------------------------------------


def matches() -> Iterator[tuple[Path, ast.Match, str]]:
    """Every match of the source, with the line of its last case."""
    for path in (file for folder in SOURCES for file in sorted((ROOT / folder).rglob("*.py"))):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Match):
                yield path, node, text.splitlines()[node.cases[-1].pattern.lineno - 1]


def is_final(match: ast.Match, line: str) -> bool:
    """Whether the last case takes what is left on purpose."""
    *_, last = match.cases
    pattern, body = last.pattern, last.body[0]
    if not isinstance(pattern, ast.MatchAs) or pattern.pattern is not None or last.guard is not None:
        return False
    never = isinstance(body, ast.Expr) and ast.unparse(body) == f"assert_never({ast.unparse(match.subject)})"
    return never or isinstance(body, ast.Raise) or "  # " in line


def test_every_match_ends_in_assert_never_or_says_what_else_there_can_be() -> None:
    found = list(matches())
    assert len(found) > 40
    open_ended = [f"{path.name}:{match.lineno}" for path, match, line in found if not is_final(match, line)]
    assert not open_ended


# --- what mypy cannot see --------------------------------------------------------------------------------

CONDITIONS = {
    "tags": ("vip",),
    "without_tags": ("vip",),
    "customer": True,
    "member": True,
    "language": "en",
    "source": "search",
    "scene": "store-*",
    "segments": ("big",),
    "stage": Stage.CUSTOMER,
    "counters": (CounterTest("orders", 30, 1),),
    "tier": "gold",
    "points_from": 10,
    "points_to": 10,
    "balances": (BalanceTest("points", "unclaimed", 5),),
    "attributes": {"city": "Lyon"},
    "dates": ("birthday",),
    "without_dates": ("birthday",),
    "answers": {"size": "m"},
    "offers": ("tote",),
    "events": (EventCount(EventPattern("click", key="shop")),),
    "any": (Condition(member=True),),
    "none": Condition(member=True),
}


def test_every_field_of_a_condition_has_an_example_here() -> None:
    of_the_language = {"among", "written"}  # They say among which languages `language` is chosen.
    assert CONDITIONS.keys() | of_the_language == {field.name for field in fields(Condition)}


NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
BLANK = Follower(app_id="", openid="", person_id="")
SOMEBODY = replace(
    BLANK,
    tags=frozenset({"vip"}),
    customer=True,
    member=True,
    language="en",
    source="search",
    scene="store-7",
    segments=frozenset({"big"}),
    tier="gold",
    points=11,
    balances={"points": Balance(11, unclaimed=5)},
    attributes={"city": "Lyon"},
    dates={"birthday": "2026-05-01"},
    stage=Stage.CUSTOMER,
    counts={"orders": DailyAmounts({day_of(NEW_YEAR): 1})},
)
CLICK = InboundEvent("1", Subject("wx1", "o1"), NEW_YEAR, MenuClicked("shop"))


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_field_of_a_condition_tells_followers_apart(name: str) -> None:
    condition = Condition(**{name: CONDITIONS[name]})  # type: ignore[arg-type]
    nobody = holds(condition, BLANK, {})
    history = History((CLICK,), NEW_YEAR, offers=frozenset({"tote"}))
    assert holds(condition, SOMEBODY, {"size": "m"}, history) is not nobody
    assert all(part.holds for part in parts_of(condition, BLANK, {}, NOTHING)) is nobody


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_field_of_a_condition_is_proved_compiled_and_put_into_words(name: str) -> None:
    condition = Condition(**{name: CONDITIONS[name]})  # type: ignore[arg-type]
    assert list(keys_of(condition))
    assert {holds for holds, _ in decide(condition, {})} == {True, False}
    assert step_name("1", Branch((Case(condition, ()),))) != step_name("1", Branch(()))
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        wording = Wording(language)
        assert wording.condition(condition) != wording.condition(Condition())


def test_every_content_of_the_chat_has_a_body_that_carries_it() -> None:
    assert set(get_args(MessageType.__value__)) == {
        kind for kind, channel in CHANNELS.items() if channel is CUSTOM
    }
