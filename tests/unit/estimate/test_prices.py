from pathlib import Path

import pytest

from wejourney.messaging.channels import DAILY_CUSTOM_MESSAGES
from workbench.estimate.prices import (
    PRICES,
    PriceTable,
    PriceTableError,
    TokenBucket,
    Usage,
    load_prices,
)

ROOT = Path(__file__).parents[3]


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = PRICES.read_text("utf-8")
    assert old in text
    (tmp_path / "prices.yaml").write_text(text.replace(old, new), "utf-8")
    return tmp_path / "prices.yaml"


def _priced(table: PriceTable) -> dict[str, list[str]]:
    return {name: list(service.prices) for name, service in table.services.items()}


REGIONS = ("us-east-1", "eu-west-1", "cn-north-1", "cn-northwest-1")


@pytest.mark.parametrize("region", REGIONS)
def test_the_committed_table_names_the_public_page_of_aws_behind_every_price(region: str) -> None:
    table = load_prices(region=region)
    china = region.startswith("cn-")
    page = "https://www.amazonaws.cn/en/" if china else "https://aws.amazon.com/"
    assert table.currency == ("CNY" if china else "USD")
    assert _priced(table) == _priced(load_prices())
    assert all(service.source.startswith(page) for service in table.services.values())


def test_wechats_limit_is_the_one_that_the_channels_name() -> None:
    assert load_prices().wechat.custom_messages_a_day == DAILY_CUSTOM_MESSAGES


def test_unverified_regions_say_so() -> None:
    assert {region for region in REGIONS if load_prices(region=region).unverified} == set(REGIONS[1:])


def test_a_region_without_prices_is_an_error_that_lists_the_others() -> None:
    with pytest.raises(PriceTableError, match="eu-north-1: there are us-east-1, eu-west-1"):
        load_prices(region="eu-north-1")


@pytest.mark.parametrize("document", ["costs.md", "costs.zh-CN.md"])
def test_the_documentation_names_the_same_pages(document: str) -> None:
    text = (ROOT / "docs" / document).read_text("utf-8")
    sources = [service.source for service in load_prices().services.values()]
    assert [source for source in sources if source not in text] == []


def test_a_cost_is_the_amount_times_the_price_of_so_many_units_for_a_million_runs(table: PriceTable) -> None:
    usage = Usage({"step_functions.transitions": 10, "dynamodb.read_units": 0.5})
    assert {name: cost for name, cost in table.costs(usage).items() if cost} == {
        "step_functions": 250,
        "dynamodb": 0.5,
    }
    assert table.cost(usage) == 250.5


def test_a_count_without_a_service_costs_nothing(table: PriceTable) -> None:
    assert table.cost(Usage({"messages": 6})) == 0


def test_a_used_unit_without_a_price_is_an_error(table: PriceTable) -> None:
    with pytest.raises(PriceTableError, match=r"sns\.requests"):
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
def test_an_error_in_the_table_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    file = edited(tmp_path, old, new)
    with pytest.raises(PriceTableError, match=named):
        load_prices(file)


def test_usages_add_up_and_multiply() -> None:
    both = Usage({"events": 1, "sqs.requests": 3}) + Usage({"events": 1, "messages": 2})
    assert both == {"events": 2, "sqs.requests": 3, "messages": 2}
    assert both * 2 == {"events": 4, "sqs.requests": 6, "messages": 4}


# --- token buckets, at their edges -------------------------------------------------------------------

BUCKET = TokenBucket(bucket=1_300, refill=300)


@pytest.mark.parametrize(
    ("nth", "seconds"),
    [(1, 0), (1_300, 0), (1_301, 1 / 300), (1_600, 1), (10_000, 29), (1_000_000, 998_700 / 300)],
)
def test_requests_within_the_bucket_are_taken_at_once_and_the_rest_as_it_refills(
    nth: int, seconds: float
) -> None:
    assert BUCKET.seconds_until(nth) == pytest.approx(seconds)


@pytest.mark.parametrize(("seconds", "taken"), [(0, 1_300), (0.003, 1_300), (1, 1_600), (50, 16_300)])
def test_the_bucket_and_its_refill_bound_the_requests_of_a_time(seconds: float, taken: int) -> None:
    assert BUCKET.taken_within(seconds) == taken


@pytest.mark.parametrize("nth", [1_300, 1_301, 4_567, 99_999])
def test_the_nth_is_taken_when_it_is_said_to_be_and_not_before(nth: int) -> None:
    at = BUCKET.seconds_until(nth)
    assert BUCKET.taken_within(at + 1e-6) >= nth
    assert at == 0 or BUCKET.taken_within(at - 1e-6) < nth


def test_an_empty_bucket_delays_the_first_request() -> None:
    assert TokenBucket(bucket=0, refill=2).seconds_until(1) == 0.5
