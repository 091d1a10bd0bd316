"""What is known of a follower, and what an event tells of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.builders import APP_ID, NOON, OPENID, SETTINGS, event, own
from tests.support.events import body
from wejourney.allowances.wechat_rules import RULE_SETS, Act
from wejourney.bounds import LARGEST_PROFILE, size_of
from wejourney.errors import ProfileFullError
from wejourney.events.event import InboundEvent
from wejourney.journeys.runs import LiveRun
from wejourney.people.followers import (
    Follower,
    StepChange,
    WeChatUserInfo,
    after,
    profile_changes,
)
from wejourney.people.identities import union_identity
from wejourney.plain_data import from_plain

FOLLOWER = Follower(APP_ID, OPENID, "person", following=True, tags=frozenset({"vip"}), scene="store-SH01")


def test_a_follow_sets_scene_source_and_language() -> None:
    follow = event("subscribe", EventKey="qrscene_store-PAR01")
    told = WeChatUserInfo("u", "article", "en")
    one = after(replace(FOLLOWER, unreachable=43019), follow, SETTINGS.rules, told)

    assert (one.scene, one.source, one.language) == ("store-PAR01", "article", "en")
    assert (one.followed_at, one.unreachable, one.rev) == (NOON, None, 1)
    assert after(FOLLOWER, follow, SETTINGS.rules, None).source == "qr"
    assert after(FOLLOWER, event("subscribe"), SETTINGS.rules, WeChatUserInfo()).source is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_latest_follow_counts_in_whatever_order_two_arrive(order: tuple[int, int]) -> None:
    follows = [
        event("subscribe", NOON + timedelta(minutes=number), EventKey=f"qrscene_store-{number}")
        for number in range(2)
    ]
    one = replace(FOLLOWER, scene=None)
    for number in order:
        one = after(one, follows[number], SETTINGS.rules)
    assert (one.scene, one.source) == ("store-1", "qr")
    assert one.followed_at == follows[1].at


def test_a_snapshot_holds_no_identity() -> None:
    one = after(FOLLOWER, event("subscribe"), SETTINGS.rules, WeChatUserInfo())
    known = replace(one, identities=frozenset({union_identity("main", "u-1")}))
    assert from_plain(Follower, known.to_snapshot()) == one


def test_tags_are_put_on_and_taken_off_in_one_change() -> None:
    one = FOLLOWER.tagged(add=("a", "b"), remove=("vip", "b"))
    assert (one.tags, one.rev) == (frozenset({"a"}), 1)


# --- events of our own ----------------------------------------------------------------------------


def told(one: InboundEvent, follower: Follower = FOLLOWER) -> Follower:
    return after(follower, one, SETTINGS.rules)


def test_an_event_of_ours_changes_what_it_tells_of_and_opens_nothing() -> None:
    assert told(own("tag", tag="bride")).tags == {"vip", "bride"}
    assert told(own("segment", segment="gold")).segments == {"gold"}
    assert told(own("points", before=0, points=50)).points == FOLLOWER.points, "the books have said it"
    changed = told(own("profile", changes={"city": "Paris", "date.booking": "2026-12-01"}))
    assert (changed.attributes, changed.dates) == ({"city": "Paris"}, {"booking": "2026-12-01"})
    assert changed.windows == ()


@pytest.mark.parametrize(
    "fields", [{"kind": "tag", "tag": "gone"}, {"kind": "profile", "changes": {"city": "an older one"}}]
)
def test_an_event_caused_by_a_run_does_not_change_the_profile_again(fields: dict[str, Any]) -> None:
    """A run that tags and untags in one stretch ends without the tag."""
    unchanged = told(own(**fields, by="run"))
    assert (unchanged.tags, unchanged.attributes) == (FOLLOWER.tags, {})


@pytest.mark.parametrize("rules", RULE_SETS)
def test_a_payment_opens_an_allowance_only_where_the_rules_say_so(rules: str) -> None:
    """http://cul.022net.com/hangye/2023/0530/88854.html"""
    stranger = replace(FOLLOWER, following=False, unreachable=43019)
    one = after(stranger, own("payment", order="7", total=100), RULE_SETS[rules])

    acts = {window.act for window in one.windows}
    assert acts == ({Act.PAY} if rules in {"2020", "2021-06"} else set())
    assert (one.following, one.unreachable) == (False, 43019)


def test_an_event_of_ours_is_the_same_however_often_it_is_told() -> None:
    assert own("tag", "run#3", tag="a").id == own("tag", "run#3", tag="a").id
    assert len({own(kind, cause, tag="a").id for kind, cause in (("tag", "run#3"), ("tag", "run#4"))}) == 2
    assert own("journey", "run#3", journey="a").id != own("end", "run#3", journey="a").id


@pytest.mark.parametrize("tag", ["points", "owner", "city"])
def test_when_a_tag_was_told_is_not_mixed_up_with_anything_else_that_was_told(tag: str) -> None:
    later = NOON + timedelta(hours=1)
    told = [
        replace(own("profile", changes={"city": "Lyon", "owner": "S-1", "points": "x"}), at=later),
        own("tag", tag=tag),
    ]
    known = Follower(APP_ID, OPENID, "person-1")
    for one in told:
        known = after(known, one, RULE_SETS["current"])
    assert known.tags == {tag}


def test_the_key_of_an_event_is_one_of_its_fields() -> None:
    assert body("payment", order="7").key_fields == {"order": "7"}
    assert body("tag", tag="vip").key_fields == {}


# --- changes of a profile -------------------------------------------------------------------------


def test_values_of_a_profile_go_where_their_names_say() -> None:
    changes = profile_changes(
        FOLLOWER,
        {
            "customer": "True",
            "member": False,
            "language": "en",
            "time_zone": "Europe/Paris",
            "tier": "gold",
            "date.booking": "2026-12-01",
            "date.": "no date",
            "city": "Paris",
            "size": "16",
        },
    )
    one = FOLLOWER.changed(**changes)
    assert (one.customer, one.member, one.language, one.time_zone) == (True, False, "en", "Europe/Paris")
    assert (one.tier, one.dates) == ("gold", {"booking": "2026-12-01"})
    assert one.attributes == {"city": "Paris", "size": "16", "date.": "no date"}


def test_an_empty_value_deletes_the_field() -> None:
    known = replace(FOLLOWER, language="en", attributes={"city": "Paris", "a": "b"}, dates={"booking": "x"})
    one = known.changed(**profile_changes(known, {"language": "", "city": "", "date.booking": "", "new": ""}))
    assert (one.language, one.attributes, one.dates) == (None, {"a": "b"}, {})


@pytest.mark.parametrize("name", ["attribute", "date.attribute"])
@pytest.mark.parametrize("known", [0, 40_000])
def test_a_profile_holds_so_many_bytes_and_not_one_more(name: str, known: int) -> None:
    follower = replace(FOLLOWER, tags=frozenset(["t" * known]) if known else FOLLOWER.tags)
    before = {
        one: getattr(follower, one)
        for one in ("tags", "segments", "attributes", "dates", "tier", "time_zone")
    }
    left = LARGEST_PROFILE - size_of(before) - size_of({"attribute": ""}) + size_of({})
    profile_changes(follower, {name: "x" * left})
    with pytest.raises(ProfileFullError, match="90,001 bytes"):
        profile_changes(follower, {name: "x" * (left + 1)})


def test_a_full_profile_can_be_made_smaller_and_other_facts_of_it_change() -> None:
    full = replace(FOLLOWER, attributes={"a": "x" * LARGEST_PROFILE})
    assert profile_changes(full, {"member": "true"}) == {"member": True}
    assert profile_changes(full, {"a": "", "b": "y"}) == {"attributes": {"b": "y"}}
    assert profile_changes(full, {"a": "x" * (LARGEST_PROFILE - 1)})
    with pytest.raises(ProfileFullError):
        profile_changes(full, {"b": "y"})


# --- live runs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires_at", "ended", "over"),
    [
        (None, False, False),
        (NOON, False, True),
        (NOON + timedelta(seconds=1), False, False),
        (None, True, True),
    ],
)
def test_a_run_is_over_when_it_ended_or_its_engine_has_given_it_up(
    expires_at: Any, *, ended: bool, over: bool
) -> None:
    assert LiveRun("j", "r", "e", expires_at, ended=ended).is_over(NOON) is over


def test_a_change_of_an_unknown_field_is_rejected() -> None:
    with pytest.raises(TypeError, match="Follower has no pionts"):
        FOLLOWER.changed(pionts=5)


def test_the_change_of_a_step_is_the_same_on_any_follower() -> None:
    change = StepChange(
        "1", NOON, frozenset({"new"}), frozenset({"old"}), {"city": "Paris", "member": "true"}
    )
    one = Follower("app", "o", "person", rev=3, tags=frozenset({"old", "kept"}), attributes={"size": "52"})
    after = one.after(change)

    assert after.tags == {"new", "kept"}
    assert after.attributes == {"size": "52", "city": "Paris"}
    assert (after.member, after.rev) == (True, 4)
