"""What `wejourney estimate` says that a run uses is what the local AWS was asked for, within a tenth."""

import json
import re
from collections.abc import Iterable

import pytest

from tests.sandbox.conftest import DIRECTORY
from tests.sandbox.lives import DEAR
from tests.support.virtual_time.metering import Scales, transitions_of
from wejourney.adapters.aws.step_functions import execution_arn
from wejourney.allowances.wechat_rules import RULE_SETS
from wejourney.reasons import Finished, reason_from
from workbench.estimate.estimate import estimate
from workbench.estimate.prices import PriceTable, Usage, load_prices
from workbench.operations.target import Target, find_target
from workbench.operations.timeline import timeline_of
from workbench.project import read_project

pytestmark = pytest.mark.sandbox

COUNTING = "CountJourneysFunction"

WITHIN = 0.1
SHORT_TOKEN = re.compile(r'("token": \{"S": ")[0-9a-f-]{36}(?=")')
"""A task token of MiniStack in a row."""

LONG_TOKEN = r"\1" + 600 * "t"
"""As heavy as one of Step Functions: of its 800 characters of base64 a row holds the 600 bytes."""


def test_an_estimate_is_within_ten_percent_of_what_a_metered_run_uses(lived: list[str]) -> None:
    table = load_prices().assuming(union_ids=0)  # The fake WeChat tells none of these people's.
    counted = _counted(find_target(None), DEAR, lived)
    estimated = _estimated("welcome-from-store", table)

    assert _compared(estimated, table) == pytest.approx(_compared(counted, table), rel=WITHIN)


def _compared(usage: Usage, table: PriceTable) -> dict[str, float]:
    """What both know: how often something happens, and the cost of all that DynamoDB does."""
    found = {what: usage[what] for what in ("step_functions.transitions", "lambda.requests", "messages")}
    database = Usage({what: amount for what, amount in usage.items() if what.startswith("dynamodb.")})
    return {**found, "dynamodb": table.cost(database)}


def _counted(target: Target, openid: str, noted: Iterable[str]) -> Usage:
    """What the meter has noted for a follower, as AWS would bill it."""
    timeline = timeline_of(target.followers, target.app_id, openid)
    follower = target.followers.read(target.app_id, openid).follower
    (run,) = (one for one in timeline if one["kind"] == "run")
    assert follower is not None
    assert reason_from(run["end"]) == Finished()
    theirs = [
        json.loads(SHORT_TOKEN.sub(LONG_TOKEN, line))
        for line in noted
        # Runs are counted in batches, of which a run has a share that is not worth an estimate.
        if (openid in line or follower.person_id in line) and COUNTING not in line
    ]
    scales = Scales(target.client("dynamodb").meta.endpoint_url)
    for line in theirs:
        service, _, operation = line.get("request", "").partition(".")
        if service.startswith("DynamoDB"):
            scales.weigh(operation, line["body"])
    execution = execution_arn(target.outputs["JourneyMachinePrefix"], run["journey"], run["run_id"])
    return Usage(
        {
            "step_functions.transitions": transitions_of(target.client("stepfunctions"), execution),
            "dynamodb.write_units": scales.write,
            "dynamodb.read_units": scales.read,
            "lambda.requests": sum("call" in line for line in theirs),
            "messages": sum(one["kind"] == "message" and one["channel"] == "custom" for one in timeline),
        }
    )


def _estimated(name: str, table: PriceTable) -> Usage:
    """The dearest way through a journey beside all that the sandbox runs."""
    journeys = {one.name: one for one in read_project(DIRECTORY / "source").journeys}
    found = estimate(journeys[name], table, RULE_SETS["current"], burst=1, beside=journeys.values())
    return found.paths[0].usage_per_run
