"""`wejourney estimate`, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.support.cli import run
from workbench.estimate.prices import PRICES

ROOT = Path(__file__).parents[3]
WELCOME = ROOT / "infra/journeys/welcome-from-store.yaml"
BAD = "title: T\ntrigger: {event: folow}\nsteps:\n  - tagg: x\n"
HURRIED = "title: T\ntrigger: {event: follow}\nsteps:\n  - send: {text: hi}\n"
SILENT = "title: T\ntrigger: {event: follow}\nsteps:\n  - tag: x\n"
NOT_YET = "title: T\ntrigger: {event: segment, segment: gold}\nsteps: [{send: {mass: {text: hi}}}]\n"


def estimate(*arguments: str | Path) -> Result:
    return run("estimate", *arguments)


def estimated(*arguments: str | Path) -> dict[str, Any]:
    result = estimate(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "a-journey.yaml"
        file.write_text(text, "utf-8")
        return file

    return write


def test_the_committed_journey_is_estimated_in_tables() -> None:
    result = estimate(WELCOME)
    assert result.exit_code == 0, result.stderr
    for words in ("transitions per run", "1,000,000 runs in us-east-1, USD", "step functions", "total"):
        assert words in result.stdout
    for words in ("500,000", "test account", "Burst of 10,000 events", "after 29s", "passive reply"):
        assert words in result.stdout
    assert "Unverified" not in result.stdout


def test_runs_is_the_number_of_runs_that_are_priced() -> None:
    found, month = estimated(WELCOME), estimated(WELCOME, "--runs", "9000")
    totals = {path["path"]: path["cost_per_million_runs"]["total"] for path in month["paths"]}

    assert found["runs"] == 1_000_000
    assert found["cost_of_runs"] == pytest.approx(totals)
    assert month["runs"] == 9_000
    assert month["cost_of_runs"] == pytest.approx({path: cost * 0.009 for path, cost in totals.items()})
    told = estimate(WELCOME, "--runs", "9000").stdout
    assert "9,000 runs in us-east-1, USD" in told
    (total,) = (line for line in told.splitlines() if "total" in line)
    assert f"{totals['dearest'] * 0.009:,.2f}" in total


def test_the_daily_limit_divided_by_the_messages_of_a_path_is_the_runs_a_day() -> None:
    found = estimated(WELCOME)
    most = found["custom_messages_per_run"]["most"]
    assert found["custom_messages_per_run"] == {"fewest": 0, "most": 5}
    assert found["runs_a_day"]["account"] == {"limit": 500_000, "fewest": 500_000 // most, "most": None}
    assert found["runs_a_day"]["test_account"]["fewest"] == 50_000 // most


def test_a_journey_without_an_opening_loses_the_messages_that_start_too_late(written: Any) -> None:
    found = estimated(written(HURRIED), "--burst", "100000")
    assert not found["opening_needs_no_allowance"]
    assert found["burst"]["last_start"] == pytest.approx((100_000 - 1_300) / 300)
    assert found["burst"]["in_time"] == min(1_300 + 300 * 50, (5_000 + 1_500 * 50) // 2)
    assert "16,300 of 100,000" in estimate(written(HURRIED), "--burst", "100000").stdout


def test_older_rules_give_more_time(written: Any) -> None:
    found = estimated(written(HURRIED), "--burst", "100000", "--rules", "2020")
    assert found["burst"]["share_in_time"] == 1


def test_a_journey_that_sends_nothing_has_no_daily_limit(written: Any) -> None:
    assert "no limit" in estimate(written(SILENT)).stdout
    assert estimated(written(SILENT))["runs_a_day"]["account"]["fewest"] is None


def test_an_event_that_another_journey_of_the_folder_reacts_to_costs_more(written: Any) -> None:
    file = written(SILENT)
    alone = estimated(file)["paths"][0]["cost_per_million_runs"]
    listens = "title: T\ntrigger: {event: tag, tag: x}\nsteps:\n  - award: {points: 1, reason: x}\n"
    (file.parent / "listens.yaml").write_text(listens, "utf-8")
    together = estimated(file)["paths"][0]["cost_per_million_runs"]

    assert together["lambda"] > alone["lambda"]
    assert together["sqs"] > alone["sqs"]
    assert together["step_functions"] == alone["step_functions"]


def test_a_region_has_its_own_currency_quotas_and_unverified_prices() -> None:
    found = estimated(WELCOME, "--region", "cn-north-1")
    assert (found["currency"], bool(found["unverified"])) == ("CNY", True)
    assert found["burst"]["last_start"] == pytest.approx((10_000 - 800) / 150)
    assert "Unverified prices in cn-north-1" in estimate(WELCOME, "--region", "cn-north-1").stdout


def test_an_edited_table_changes_the_cost(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    text = PRICES.read_text("utf-8")
    file.write_text(text.replace("transitions: {price: 0.025,", "transitions: {price: 0.050,"), "utf-8")
    before, after = (
        found["paths"][0]["cost_per_million_runs"]["step_functions"]
        for found in (estimated(WELCOME), estimated(WELCOME, "--prices", file))
    )
    assert after == pytest.approx(2 * before)


def test_an_error_is_printed_as_check_prints_it(written: Any) -> None:
    result = estimate(written(BAD))
    assert result.exit_code == 1
    assert result.stderr == run("check", written(BAD)).stderr
    assert result.stdout == ""


def test_a_journey_that_cannot_be_deployed_is_rejected_with_the_reason(written: Any) -> None:
    result = estimate(written(NOT_YET))
    assert result.exit_code == 1
    assert "the runtime cannot send a mass message yet" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--region", "eu-north-1"), "no prices for the region eu-north-1"),
        (("--rules", "1999"), "use 2020"),
        (("--burst", "0"), "--burst"),
        (("--prices", "no-such-file.yaml"), "no-such-file.yaml"),
    ],
)
def test_unknown_values_of_options_are_usage_errors(options: tuple[str, str], says: str) -> None:
    result = estimate(WELCOME, *options)
    assert result.exit_code == 2
    assert says in result.stderr


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (b"", "prices.yaml: -: Input should be"),
        (b"as_of: 2026-01-01\nregions: 7\n", "regions: Input should be a valid dictionary"),
        (b"regions: [", "prices.yaml is not valid UTF-8 YAML: "),
        (b"\xff\xfe", "prices.yaml is not valid UTF-8 YAML: "),
    ],
)
def test_an_invalid_price_table_is_a_usage_error_that_names_the_file_and_the_error(
    tmp_path: Path, table: bytes, says: str
) -> None:
    file = tmp_path / "prices.yaml"
    file.write_bytes(table)
    result = estimate(WELCOME, "--prices", file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
