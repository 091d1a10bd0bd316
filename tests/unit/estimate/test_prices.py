from pathlib import Path

import pytest
from pydantic import ValidationError

from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES
from workbench.estimate.prices import (
    PRICES,
    PriceTable,
    UnknownRegionError,
    UnpricedError,
    Usage,
    load_prices,
)

ROOT = Path(__file__).parents[3]


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = PRICES.read_text("utf-8")
    assert old in text
    (tmp_path / "prices.yaml").write_text(text.replace(old, new), "utf-8")
    return tmp_path / "prices.yaml"


REGIONS = ("us-east-1", "eu-west-1", "cn-north-1", "cn-northwest-1")


@pytest.mark.parametrize("region", REGIONS)
def test_the_committed_table_names_the_public_page_of_aws_behind_every_price(region: str) -> None:
    table = load_prices(region=region)
    china = region.startswith("cn-")
    page = "https://www.amazonaws.cn/en/" if china else "https://aws.amazon.com/"
    assert table.currency == ("CNY" if china else "USD")
    assert table.priced() == load_prices().priced()
    assert all(one.source.startswith(page) for one in table.services.values())


def test_wechats_limit_is_the_one_that_the_channels_name() -> None:
    assert load_prices().wechat.custom_messages_a_day == DAILY_CUSTOM_MESSAGES


def test_what_nobody_has_checked_says_so() -> None:
    assert {region for region in REGIONS if load_prices(region=region).unverified} == set(REGIONS[1:])


def test_a_region_without_prices_is_refused_with_those_that_have() -> None:
    with pytest.raises(UnknownRegionError, match="eu-north-1: there are us-east-1, eu-west-1"):
        load_prices(region="eu-north-1")


@pytest.mark.parametrize("document", ["costs.md", "costs.zh-CN.md"])
def test_the_documentation_names_the_same_pages(document: str) -> None:
    text = (ROOT / "docs" / document).read_text("utf-8")
    assert [one.source for one in load_prices().services.values() if one.source not in text] == []


def test_a_cost_is_the_amount_times_the_price_of_so_many_units_for_a_million_runs(table: PriceTable) -> None:
    usage = Usage({"step_functions.transitions": 10, "dynamodb.read_units": 0.5})
    assert table.costs(usage)["step_functions.transitions"] == 250
    assert table.costs(usage)["dynamodb.read_units"] == 0.5
    assert table.cost(usage) == 250.5


def test_what_is_only_counted_costs_nothing(table: PriceTable) -> None:
    assert table.cost(Usage({"messages": 6})) == 0


def test_what_is_used_and_has_no_price_is_refused(table: PriceTable) -> None:
    with pytest.raises(UnpricedError, match=r"sns\.requests"):
        table.cost(Usage({"sns.requests": 1}))


def test_an_edited_price_changes_the_cost(tmp_path: Path) -> None:
    usage = Usage({"step_functions.transitions": 10})
    doubled = load_prices(edited(tmp_path, "transitions: {price: 0.025,", "transitions: {price: 0.050,"))
    assert doubled.cost(usage) == 2 * load_prices().cost(usage)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("other_events:", "other_evnts:", "other_events"),
        ("price: 0.50, per", "price: -1, per", "price"),
        ("refill: 1_500", "refill: 0", "refill"),
        ("bucket: 5_000", "buckets: 5_000", "buckets"),
        ("price: 0.50, per", "prise: 0.50, per", "prise"),
        ("https://aws.amazon.com/sqs/pricing/", "somewhere", "source"),
    ],
)
def test_a_mistake_in_the_table_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    file = edited(tmp_path, old, new)
    with pytest.raises(ValidationError, match=named):
        load_prices(file)


def test_usages_add_up_and_multiply() -> None:
    both = Usage({"events": 1, "sqs.requests": 3}) + Usage({"events": 1, "messages": 2})
    assert both == {"events": 2, "sqs.requests": 3, "messages": 2}
    assert both * 2 == {"events": 4, "sqs.requests": 6, "messages": 4}
