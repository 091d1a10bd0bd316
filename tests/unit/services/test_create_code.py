"""A QR code is made once for each name, whatever is interrupted, and only as its kind allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import APP_ID, NOON
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.codes import FakeCodes
from tests.support.fakes.wechat import FakeWeChat
from wejourney.accounts import Account
from wejourney.adapters.wechat import mini_program
from wejourney.errors import ContentRejectedError, UnknownAccountError, WeChatBusyError, WejourneyError
from wejourney.messaging.account_settings import AccountSettings
from wejourney.people.codes import Code, CodeKind, SourceClass
from wejourney.services.create_code import (
    LONGEST_LIFE,
    CodeOrder,
    CodeOrderRejectedError,
    CreateCode,
    MadeCode,
    read_order,
)

STORE = CodeOrder(
    APP_ID, "store", "social", {"store": "SH01"}, name="store-SH01", team="retail", labels=("spring",)
)
CLICK = CodeOrder(APP_ID, "campaign", "advertising", {"campaign": "spring", "click_id": "gdt-1"}, lasts=1800)
POP_UP = CodeOrder(
    *(APP_ID, "event", "social", {"event": "pop-up"}),
    name="pop-up",
    opens="2026-11-23T10:00",
    closes="2026-11-23T20:00",
)


class Registrar:
    def __init__(self) -> None:
        self.codes, self.wechat, self.clock = FakeCodes(), FakeWeChat(), FakeClock()
        self.accounts = FakeAccounts()

    def __call__(self, order: CodeOrder) -> Code:
        return self.made(order).code

    def made(self, order: CodeOrder) -> MadeCode:
        return CreateCode(self.accounts, self.codes, self.wechat, self.wechat, self.clock)(order)

    def rejects(self, order: CodeOrder) -> str:
        before = dict(self.codes.kept)
        with pytest.raises(CodeOrderRejectedError) as rejected:
            self(order)
        assert self.codes.kept == before, "nothing is half-written"
        return rejected.value.reason


@pytest.fixture
def create() -> Registrar:
    return Registrar()


def test_a_code_has_its_name_as_its_scene_and_the_facts_that_were_ordered(create: Registrar) -> None:
    code = create(STORE)

    assert code == Code(
        *(APP_ID, "store-SH01", "store-SH01", CodeKind.STORE, SourceClass.SOCIAL, NOON),
        facts={"store": "SH01"},
        team="retail",
        labels=("spring",),
        ticket="ticket 1",
        url="http://weixin.qq.com/q/1",
    )
    assert create.codes.find(APP_ID, "store-SH01") == code
    assert create.wechat.made == [("store-SH01", 0)]


def test_the_same_order_is_the_same_code(create: Registrar) -> None:
    assert create(STORE) == create(STORE)
    assert len(create.wechat.made) == len(create.codes.kept) == 1


class DiedError(Exception):
    """The worker is gone."""


@pytest.mark.parametrize("dies", ["before WeChat is asked", "when WeChat has answered"])
def test_a_crash_loses_no_code_and_doubles_none(create: Registrar, dies: str) -> None:
    save = create.codes.save

    def die(_: Code) -> None:
        raise DiedError

    if dies == "before WeChat is asked":
        create.wechat.failures.append(DiedError())
    else:
        create.codes.save = die  # type: ignore[assignment, method-assign]
    with pytest.raises(DiedError):
        create(STORE)
    assert create.codes.find(APP_ID, "store-SH01") is not None, "an event finds what the code stands for"
    create.codes.save = save  # type: ignore[method-assign]

    code = create(STORE)
    assert code.url
    assert list(create.codes.kept.values()) == [code]
    assert {scene for scene, _ in create.wechat.made} == {"store-SH01"}


def test_a_busy_wechat_is_asked_again_by_the_next_order(create: Registrar) -> None:
    create.wechat.failures.append(WeChatBusyError(-1))
    with pytest.raises(WeChatBusyError):
        create(STORE)

    assert create(STORE).url == "http://weixin.qq.com/q/2"


def test_two_who_order_a_name_at_once_get_the_same_code_or_an_error(create: Registrar) -> None:
    other = replace(STORE, facts={"store": "BJ02"})
    find, first = create.codes.find, [True]

    def find_late(app_id: str, scene: str) -> Code | None:
        if first and first.pop():
            create.codes.find = find  # type: ignore[method-assign]
            create(STORE)
            return None
        return find(app_id, scene)

    create.codes.find = find_late  # type: ignore[method-assign]
    with pytest.raises(CodeOrderRejectedError, match="exists"):
        create(other)
    assert create.codes.kept[APP_ID, "store-SH01"].facts == {"store": "SH01"}


CHANGES: dict[str, dict[str, Any]] = {
    "facts": {"facts": {"store": "SH02"}},
    "class": {"source_class": "ip"},
    "team": {"team": "events"},
    "labels": {"labels": ()},
    "window": {"opens": "2026-12-01T00:00"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_order_under_a_name_is_an_error_unless_it_is_an_update(
    create: Registrar, change: str
) -> None:
    first, other = create(STORE), replace(STORE, **CHANGES[change])

    assert create.rejects(other) == "exists"
    updated = create(replace(other, update=True))
    assert updated != first
    assert (updated.url, updated.created_at) == (first.url, first.created_at), (
        "the printed picture stays good"
    )
    assert len(create.wechat.made) == 1


@pytest.mark.parametrize(
    "fixed", [{"kind": "staff", "facts": {"staff": "lily", "store": "SH01"}}, {"lasts": 3600}]
)
def test_what_a_code_is_for_and_how_long_it_lasts_never_change(
    create: Registrar, fixed: dict[str, Any]
) -> None:
    create(STORE)

    assert create.rejects(replace(STORE, update=True, **fixed)) == "fixed"


def test_a_temporary_code_that_has_expired_is_made_again_for_the_same_scene(create: Registrar) -> None:
    order = replace(STORE, lasts=3600)
    first = create(order)
    assert first.expires_at == NOON + timedelta(hours=1)
    create.clock.pass_(minutes=59)
    assert create(order) == first
    create.clock.pass_(minutes=1)

    again = create(order)
    assert again.expires_at == NOON + timedelta(hours=2)
    assert create.wechat.made == [("store-SH01", 3600)] * 2
    assert len(create.codes.kept) == 1


@pytest.mark.capability(row="C10")
def test_the_code_of_a_click_is_one_for_each_click_and_does_not_show_it(create: Registrar) -> None:
    """C10: the follow through the code of a visit carries the click of the advertisement."""
    code, same, other = (create(replace(CLICK, facts={**CLICK.facts, "click_id": id_})) for id_ in "ppq")

    assert code == same
    assert code.scene != other.scene
    assert code.is_personal
    assert code.told(NOON)["click_id"] == "p"
    assert code.scene.startswith("click-")


@pytest.mark.capability(row="C9")
def test_a_code_is_shared_with_all_its_facts_and_the_sharer_and_again_from_the_first(
    create: Registrar,
) -> None:
    """C9."""
    post = create(CodeOrder(APP_ID, "kol", "content", {"kol": "lin", "campaign": "spring"}, name="kol-lin-1"))
    shared = create(CodeOrder(APP_ID, facts={"sharer": "p1"}, shared_from=post.scene))
    onward = create(CodeOrder(APP_ID, facts={"sharer": "p2"}, shared_from=shared.scene))

    assert shared.facts == {"kol": "lin", "campaign": "spring", "sharer": "p1", "shared_from": "kol-lin-1"}
    assert onward.facts == {**shared.facts, "sharer": "p2"}
    assert (onward.kind, onward.source_class) == (post.kind, post.source_class)
    assert len({post.scene, shared.scene, onward.scene}) == 3
    assert create.rejects(CodeOrder(APP_ID, facts={"sharer": "p1"}, shared_from="no-such")) == "no original"
    assert create.rejects(CodeOrder(APP_ID, shared_from=post.scene)) == "no original"


def test_moments_without_a_zone_are_those_of_the_account(create: Registrar) -> None:
    code = create(replace(POP_UP, closes="2026-11-23T13:00+00:00"))

    assert code.opens_at == datetime(2026, 11, 23, 2, tzinfo=UTC)
    assert code.closes_at == datetime(2026, 11, 23, 13, tzinfo=UTC)


REJECTED: dict[str, tuple[str, CodeOrder]] = {
    "no name": ("name", replace(STORE, name="")),
    "a name of 65 characters": ("name", replace(STORE, name="x" * 65)),
    "a pattern for a name": ("name", replace(STORE, name="store-*")),
    "a blank in a name": ("name", replace(STORE, name="a b")),
    "an unknown kind": ("kind", replace(STORE, kind="shop")),
    "an unknown class": ("class", replace(STORE, source_class="friends")),
    "an unknown fact": ("unknown fact", replace(STORE, facts={"store": "SH01", "city": "x"})),
    "a made-up origin": ("unknown fact", replace(STORE, facts={"store": "SH01", "shared_from": "x"})),
    "an empty fact": ("fact", replace(STORE, facts={"store": ""})),
    "a long fact": ("fact", replace(STORE, facts={"store": "x" * 129})),
    "two lines in a fact": ("fact", replace(STORE, facts={"store": "a\nb"})),
    "no fact of its kind": ("fact missing", replace(STORE, facts={"campaign": "spring"})),
    "an event that no date can be named after": ("event name", replace(POP_UP, facts={"event": "x" * 21})),
    "too many labels": ("labels", replace(STORE, labels=tuple(map(str, range(21))))),
    "an odd label": ("labels", replace(STORE, labels=("a b",))),
    "an odd team": ("labels", replace(STORE, team="a b")),
    "a life of a second": ("life", replace(STORE, lasts=1)),
    "a life of more than 30 days": ("life", replace(STORE, lasts=LONGEST_LIFE + 1)),
    "a negative life": ("life", replace(STORE, lasts=-60)),
    "an event without its end": ("window missing", replace(POP_UP, closes="")),
    "a window that ends before it begins": ("window order", replace(POP_UP, closes="2026-11-23T10:00")),
    "no moment": ("window form", replace(POP_UP, opens="soon")),
    "a moment beyond the calendar": ("window form", replace(POP_UP, opens="0001-01-01T00:00")),
    "a window that is over": ("window over", replace(POP_UP, opens="2026-01-01", closes="2026-01-02")),
    "a page of an official account": ("page", replace(STORE, page="pages/index/index")),
    "no app id": ("app id", replace(STORE, app_id="../x")),
}


@pytest.mark.parametrize("name", REJECTED)
def test_an_order_that_cannot_be_is_rejected_with_a_reason_and_nothing_is_made(
    create: Registrar, name: str
) -> None:
    reason, order = REJECTED[name]

    assert create.rejects(order) == reason
    assert create.wechat.made == []


MINI = Account(AccountSettings(APP_ID), "", None, "s", kind="mini_program")
PRODUCT = CodeOrder(
    *(APP_ID, "product", "social", {"product": "ring-7"}), name="ring-7", page="pages/product/index"
)


@pytest.mark.capability(row="C9")
@pytest.mark.parametrize("name", ["x" * 32, "x" * 33, "戒指", "a.b_c-d"])
def test_a_code_of_a_mini_program_has_a_scene_that_wechat_takes_and_a_picture_of_wechats(
    create: Registrar, name: str
) -> None:
    """C9: a name that is too long, or not of WeChat's characters, has a short code."""
    create.accounts = FakeAccounts(MINI)
    made = create.made(replace(PRODUCT, name=name))
    again = create.made(replace(PRODUCT, name=name))

    assert made == again
    assert made.picture.startswith(b"\x89PNG")
    assert create.wechat.drawn == [(made.code.scene, "pages/product/index")] * 2
    assert create.wechat.made == []
    assert mini_program.SCENE.fullmatch(made.code.scene)
    assert (made.code.scene == name) == (name.isascii() and len(name) <= 32)
    assert create.codes.find(APP_ID, made.code.scene) == made.code
    assert made.code.is_made


@pytest.mark.parametrize(
    ("reason", "order"),
    [
        ("page missing", replace(PRODUCT, page="")),
        ("page missing", replace(PRODUCT, page="/pages/index")),
        ("page missing", replace(PRODUCT, page="pages/index?a=b")),
        ("page", replace(PRODUCT, lasts=3600)),
    ],
)
def test_a_code_of_a_mini_program_needs_a_page_and_is_permanent(
    create: Registrar, reason: str, order: CodeOrder
) -> None:
    create.accounts = FakeAccounts(MINI)

    assert create.rejects(order) == reason


def test_a_page_that_wechat_refuses_leaves_a_code_that_can_be_ordered_again(create: Registrar) -> None:
    create.accounts = FakeAccounts(MINI)
    create.wechat.failures.append(ContentRejectedError(41030))
    with pytest.raises(ContentRejectedError):
        create(PRODUCT)

    assert create(PRODUCT).page == "pages/product/index"
    assert create.rejects(replace(PRODUCT, page="pages/other", update=True)) == "fixed"


def test_an_account_that_is_not_of_this_deployment_has_no_codes(create: Registrar) -> None:
    with pytest.raises(UnknownAccountError):
        create(replace(STORE, app_id="wx0000000000000000"))


@given(
    st.one_of(
        st.none(),
        st.text(),
        st.dictionaries(
            st.sampled_from([*CodeOrder.__dataclass_fields__, "more"]),
            st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.lists(st.text()), st.floats())
            | st.dictionaries(st.text(), st.text() | st.integers()),
        ),
    )
)
def test_any_data_is_an_order_that_can_be_decided_or_is_rejected(data: Any) -> None:
    create = Registrar()
    try:
        create(read_order(data))
    except WejourneyError:
        assert create.codes.kept == {}


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_every_text_of_an_order_can_be_stored(text: str) -> None:
    order = read_order({"name": text, "facts": {text: text}, "labels": [text], "team": text})
    for told in (order.name, order.team, *order.labels, *order.facts, *order.facts.values()):
        assert told.encode().decode() == told


def test_an_order_is_read_as_it_was_written() -> None:
    data = {
        "app_id": APP_ID,
        "kind": "store",
        "facts": {"store": "SH01"},
        "labels": ["a"],
        "lasts": 60,
        "update": True,
    }

    assert read_order(data) == CodeOrder(
        APP_ID, "store", facts={"store": "SH01"}, labels=("a",), lasts=60, update=True
    )
