"""Simulating changes no real counter: it reaches no adapter, no socket and no table."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.virtual_time.simulated import MINUTE, follow, journey, says, simulation
from workbench.trace.trace_events import MessageSent, PointsChanged

ROOT = Path(__file__).parents[3]
FORBIDDEN = (
    "boto3",
    "botocore",
    "pynamodb",
    "requests",
    "wechatpy",
    "wejourney.adapters",
)
"""Services reach out by their ports alone: import-linter sees to it."""


def test_a_simulation_opens_no_socket_even_where_aws_is_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # mautic #2307, #3225
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a simulation reaches out")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    played = simulation(
        journey(
            "trigger: {event: follow}\n"
            "steps: [{ask: {name: q, text: hi, within: 1d}}, {award: {points: 5, reason: r}}]"
        ),
        follow(),
        says("yes", MINUTE),
    ).play()

    done = [type(one) for one in played if isinstance(one, MessageSent | PointsChanged)]
    assert done == [MessageSent, PointsChanged]


def test_the_simulator_loads_nothing_that_could_reach_out() -> None:
    # mautic #2307, #3225
    code = (
        "import sys; import workbench.simulator.population, workbench.simulator.persona, "
        "workbench.trace.transcript, workbench.simulator.expected; "
        f"print([name for name in sys.modules if name.startswith({FORBIDDEN!r})])"
    )
    loaded = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert loaded.stdout.strip() == "[]"
