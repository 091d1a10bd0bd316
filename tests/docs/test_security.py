"""What docs/security.md says of data is what the code does, in both languages."""

import re

import pytest

from tests.docs.pages import page
from tests.infra.template import RESOURCES
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.servers.dynamodb import ROOT
from wejourney.adapters.aws.secret_accounts import MOST_UNKNOWN
from wejourney.adapters.sealed_runs import OPEN, SEALED, sealed
from wejourney.events.positions import BEGINNING
from wejourney.events.text_matching import LONGEST_COMPARED
from wejourney.journeys.runs import Run
from wejourney.messaging.contents import Text
from wejourney.people.erasure import ACCOUNT_EVENTS_KEPT, MARK_LASTS
from wejourney.people.followers import TRAVELS, Follower

PAGES = ["docs/security.md", "docs/security.zh-CN.md"]
RUN = Run(
    *("r", "j", "v", BEGINNING, Follower(APP_ID, OPENID, "p")),
    unsaid=Text(text={"any": "hi"}),
    until=NOON,
    resumed_at=NOON,
    acted_at=NOON,
    key_field="order",
    coupons={"welcome-10": "code"},
    offers={"tote": True},
    seal_key="MDEyMzQ1Njc4OWFiY2RlZg==",
)
"""A run with every field that can be in its data."""


@pytest.mark.parametrize("name", PAGES)
def test_every_field_that_travels_with_a_run_is_named(name: str) -> None:
    travels = RUN.to_dict()
    named = set(page(name).spans)

    assert travels.keys() - named == set()
    assert sealed(RUN).keys() - named == set()
    assert sealed(RUN).keys() == {*OPEN, "person_id", "contact_id", SEALED}
    assert set(travels["follower"]) == set(TRAVELS)
    assert set(TRAVELS) - named == set()
    assert "union_id" not in named


@pytest.mark.parametrize("name", PAGES)
def test_the_numbers_are_those_of_the_code_and_the_template(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")

    assert MARK_LASTS.days == ACCOUNT_EVENTS_KEPT.days == 30
    assert re.search(r"30 (days|天)", text)
    for queue in ("InboxQueue", "DeadLetterQueue", "UnclosedRunsQueue"):
        assert RESOURCES[queue]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400
    assert re.search(r"14 (days|天)", text)
    assert f"{LONGEST_COMPARED:,}" in text
    assert f" {MOST_UNKNOWN} " in text
    limit = RESOURCES["ApiStage"]["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert f"{limit:,}" in text
