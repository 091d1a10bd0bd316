"""The list of metrics: each is counted somewhere, so that no alarm waits for one that never comes."""

import re
from pathlib import Path

from tests.support.servers.dynamodb import ROOT
from wejourney.metrics import Metric

SOURCES = [
    *(ROOT / "functions").rglob("*.py"),
    *(path for path in (ROOT / "layers/shared").rglob("*.py") if path.name != "metrics.py"),
]
ENDS = {"RUNS_SUCCEEDED", "RUNS_FAILED", "RUNS_TIMED_OUT", "RUNS_ABORTED"}
"""Counted by the engine's word for the end of an execution: `Metric[f"RUNS_{end.status.upper()}"]`."""


def named_in(path: Path) -> set[str]:
    return set(re.findall(r"\bMetric\.([A-Z_]+)\b", path.read_text("utf-8")))


def test_every_metric_of_the_list_is_counted_by_the_code() -> None:
    counted = set().union(*map(named_in, SOURCES))

    assert counted | ENDS == {metric.name for metric in Metric}
    assert 'Metric[f"RUNS_{end.status.upper()}"]' in (ROOT / "functions/close_run/app.py").read_text("utf-8")


def test_no_metric_is_counted_under_a_name_of_its_own() -> None:
    for path in SOURCES:
        assert not re.search(r"\.count\(\s*f?[\"']", path.read_text("utf-8")), path
