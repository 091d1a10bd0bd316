"""The till of the sandbox in a real browser, on real tables: what a shop assistant sees and clicks.

Needs Chromium.
"""

import json
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect, sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route as Served

from infra.sandbox.guard import CONTROL, Guard, json_changes
from infra.sandbox.settings import StoreAccount
from infra.sandbox.till import tills
from infra.sandbox.till.tills import Tills
from infra.sandbox.time_control import TimeControl
from tests.functional.conftest import dynamodb, followers, ledger, tables, world  # noqa: F401 - fixtures
from tests.support.apis.gateway import gateway_event
from tests.support.apis.store_api import StoreApi, scan
from tests.support.apis.tills import coupon, give_away
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.patience import PATIENCE
from tests.support.servers.dynamodb import store_client
from tests.support.world import World, person_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
from wejourney.events.event_types import OrderPaid
from wejourney.loyalty import books as decide
from wejourney.loyalty.accounts import Lot, Pocket
from wejourney.loyalty.till.holds import Wanted
from wejourney.loyalty.transactions import Asked, Cause, Kind
from wejourney.services.loyalty.bookkeeping import Bookkeeping
from wejourney.services.ports.keys import DeploymentKey
from wejourney.services.till.ports import Store
from wejourney.wire.store_api import schemas
from wejourney.wire.store_api.operations import OPERATIONS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FOLDER = Path(tills.__file__).parent
WORDS: dict[str, dict[str, str]] = json.loads((FOLDER / "words.json").read_text("utf-8"))
STORE = StoreAccount()
PATIENCE_MS = 1000 * PATIENCE
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def test_both_languages_say_everything_that_the_page_says() -> None:
    page, script = ((FOLDER / name).read_text("utf-8") for name in ("page.html", "page.js"))
    used = set(re.findall(r'data-word="(\w+)"', page)) | set(re.findall(r'word\("(\w+)"', script))
    used |= {f"why_{code}" for code in schemas.WHY_NOT}
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert used | {f"error_{code}" for code in schemas.CODES} <= WORDS["en"].keys()
    for name, text in WORDS["en"].items():
        # Only Chinese also says of a discount how much is left to pay: 40% off are 6 折.
        in_chinese = set(re.findall(r"{\w+}", WORDS["zh"][name])) - {"{fold}"}
        assert set(re.findall(r"{\w+}", text)) == in_chinese, name


@pytest.fixture
def api(tables: str, world: World) -> StoreApi:  # noqa: F811 - a fixture
    """The API of the sandbox's store, with a connection of its own: it is asked from another thread."""
    client = store_client(tables)
    api = StoreApi(Table("FollowersTable", client), Table("LedgerTable", client), world.clock)
    api.stores.stores = {STORE.name: Store(STORE.name, DeploymentKey(STORE.key.encode()), APP_ID)}
    return api


@pytest.fixture
def address(api: StoreApi) -> Iterator[str]:
    """Where the sandbox serves the page."""

    def answer(request: httpx.Request) -> httpx.Response:
        event, _ = gateway_event(
            OPERATIONS, request.method, request.url.path, {}, request.content, headers=dict(request.headers)
        )
        told = api.handle(event)
        return httpx.Response(told["statusCode"], text=told["body"])

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    served = Tills("http://api", http, TimeControl("http://unused", http), api.clock.now)

    async def clock(_request: Request) -> JSONResponse:
        return JSONResponse({"now": api.clock.now().isoformat()})

    app = Starlette(
        routes=[*served.routes, Served("/sandbox/clock", clock)],
        middleware=[Middleware(Guard, json_changes, largest=10_000, browsable=CONTROL)],
    )
    with _serving(app) as port:
        yield f"http://127.0.0.1:{port}/sandbox/till"


@contextmanager
def _serving(app: Starlette) -> Iterator[int]:
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_MS
        )
        yield launched
        launched.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page in a language; nothing on it breaks the rules that it has for itself."""
    is_english = request.param == "en-US"
    size = ViewportSize(width=1280, height=800) if is_english else ViewportSize(width=390, height=844)
    context = browser.new_context(locale=request.param, viewport=size)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text) if "Security Policy" in line.text else None)
    page.goto(address)
    yield page
    assert problems == []
    context.close()


def give(world: World, api: StoreApi, amount: int) -> None:  # noqa: F811 - a fixture's name
    asked = Asked("earn", Kind.EARN, NOON, Cause("test"), {}, day="2026-11-22")
    keeping = Bookkeeping(BooksStore(api.ledger, api.table), PeopleStore(api.table))
    lot = Lot(Pocket.AVAILABLE, "2027-01-31")
    assert keeping.post(person_of(world.followers), asked, lambda books: decide.earn(books, amount, lot))


def served(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
    points: int = 100,
    *,
    by_keyboard: bool = False,
) -> str:
    """A customer, who has scanned the code that the page shows; the id of the visit."""
    world.hears("subscribe")
    world.tells("profile", changes={"name": "王小明"})
    give(world, api, points)
    return served_again(world, page, by_keyboard=by_keyboard)


def served_again(world: World, page: Page, *, by_keyboard: bool = False) -> str:  # noqa: F811
    if by_keyboard:
        expect(page.locator("#open")).to_be_visible()
        page.locator("#open").press("Enter")
    else:
        page.locator("#open").click()
    expect(page.locator("#code")).to_be_visible()
    assert page.locator("#code").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    scene = page.locator("#code").get_attribute("data-scene")
    assert scene is not None
    scan(world, scene.removeprefix("visit-"))
    expect(page.locator("#customer")).to_be_visible()
    return scene.removeprefix("visit-")


def words_of(page: Page) -> dict[str, str]:
    return WORDS["zh" if page.evaluate("navigator.language") == "zh-CN" else "en"]


def said(text: str, **values: object) -> str:
    """A text of the page, with its values."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def check_out(
    page: Page, words: dict[str, str], *, order: str = "4711", total: str = "129", code: str = ""
) -> None:
    page.get_by_label(words["order"]).fill(order)
    page.get_by_label(words["total"]).fill(total)
    page.get_by_label(words["coupon"]).fill(code)
    page.get_by_role("button", name=words["to_payment"]).click()


def told_sales(api: StoreApi) -> list[OrderPaid]:
    """What the sales that were told say, each delivery of one once."""
    told = {one.place_on_record: one.body for one in api.inbox.told}
    return [body for body in told.values() if isinstance(body, OrderPaid)]


@in_browser
@pytest.mark.capability(row="67")
@pytest.mark.parametrize("page", ["en-US", "zh-CN"], indirect=True)
def test_an_assistant_scans_takes_points_tells_the_sale_and_gives_points_back(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    words = words_of(page)
    expect(page.locator("#open")).to_have_text(words["open"])
    served(world, api, page)
    expect(page.get_by_role("heading", name="王**")).to_be_focused()
    expect(page.locator("#facts")).to_contain_text(f"{words['points']}100")
    page.get_by_role("button", name=said(words["money_off"], points=100, off="¥10.00")).click()
    expect(page.locator("#what")).to_have_text(said(words["held"], points=100, off="¥10.00"))
    expect(page.locator("#facts")).to_contain_text(f"{words['points']}0")
    check_out(page, words)
    expect(page.get_by_role("heading", name=said(words["to_pay"], amount="¥119.00"))).to_be_focused()
    assert world.follower().points == 0
    assert told_sales(api) == []
    page.get_by_role("button", name=words["paid"]).click()
    expect(page.locator("#done")).to_have_text(said(words["saved"], order="4711", amount="¥119.00"))
    assert told_sales(api) == [OrderPaid(11_900, f"{STORE.name}/4711", store=STORE.name)]
    page.get_by_role("button", name=words["next"]).click()
    for points, back, now in ((30, 30, 30), (70, 100, 100)):
        page.get_by_label(said(words["back"], order="4711")).fill(str(points))
        page.get_by_role("button", name=words["refund"]).click()
        told = said(words["returned"], order="4711", points=100, back=back)
        expect(page.locator("#sales li")).to_contain_text(told)
        assert world.follower().points == now
    expect(page.get_by_role("button", name=words["refund"])).to_have_count(0)
    expect(page.locator("#open")).to_be_visible()


@in_browser
@pytest.mark.parametrize("page", ["en-US", "zh-CN"], indirect=True)
def test_a_coupon_is_looked_up_and_used_in_the_sale_together_with_points(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    words, code = words_of(page), coupon(api)
    served(world, api, page)
    page.get_by_label(words["coupon"]).fill(code)
    page.get_by_role("button", name=words["check"]).click()
    expect(page.locator("#worth")).to_contain_text("10%")
    expect(page.locator("#worth")).to_contain_text("¥100.00")
    page.get_by_role("button", name=said(words["money_off"], points=100, off="¥10.00")).click()
    check_out(page, words, code=code)
    expect(page.locator("#amount")).to_have_text(said(words["to_pay"], amount="¥106.10"))
    expect(page.locator("#lines")).to_contain_text(
        said(words["coupon_off"], coupon="welcome-10", amount="¥12.90")
    )
    page.get_by_role("button", name=words["paid"]).click()
    expect(page.locator("#done")).to_be_visible()
    assert [one.total for one in told_sales(api)] == [10_610]
    page.get_by_role("button", name=words["next"]).click()
    served_again(world, page)
    check_out(page, words, order="4712", code=code)
    expect(page.get_by_role("alert")).to_have_text(words["error_coupon_used"])
    page.get_by_role("button", name=words["check"]).click()
    expect(page.get_by_role("alert")).to_have_text(words["error_coupon_used"])


@in_browser
@pytest.mark.capability(row="C27")
@pytest.mark.parametrize("page", ["en-US", "zh-CN"], indirect=True)
def test_an_assistant_reads_that_a_coupon_was_given_to_a_friend(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    words, code = words_of(page), coupon(api)
    served(world, api, page)
    page.get_by_label(words["coupon"]).fill(code)
    for claimed_at, reason in ((None, "coupon_held"), (api.clock.now(), "coupon_given")):
        give_away(api, code, claimed_at)
        page.get_by_role("button", name=words["check"]).click()
        expect(page.get_by_role("alert")).to_have_text(words[f"error_{reason}"])
        expect(page.locator("#worth")).to_be_empty()


ROLES: tuple[Literal["button", "textbox", "spinbutton", "heading", "img"], ...] = (
    "button",
    "textbox",
    "spinbutton",
    "heading",
    "img",
)
LOST = {
    "hold": "**/visits/*/holds",
    "capture": "**/holds/*/capture",
    "coupon": "**/coupons/use",
    "sale": "**/sales",
    "refund": "**/holds/*/refund",
}


@in_browser
@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_a_click_whose_answer_was_lost_is_clicked_again_and_done_once(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
    lost: str,
) -> None:
    """Guard: what is sent again has the number and the time that it had at first."""
    words, losing = WORDS["en"], [True]

    def lose_the_first(route: Route) -> None:
        if losing:
            losing.clear()
            route.fetch()
            world.clock.pass_(minutes=1)
            route.abort()
        else:
            route.continue_()

    def click(name: str) -> None:
        """A click, and another where the first one had no answer."""
        was_losing = bool(losing)
        page.get_by_role("button", name=name).click()
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        if was_losing and not losing:
            expect(page.get_by_role("alert")).to_have_text(words["error_unavailable"])
            page.get_by_role("button", name=name).click()
            expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        expect(page.locator("#problem")).to_be_hidden()

    page.route(LOST[lost], lose_the_first)
    served(world, api, page)
    click("Exchange 50 points for: tote")
    page.get_by_label(words["order"]).fill("4711")
    page.get_by_label(words["total"]).fill("129.00")
    page.get_by_label(words["coupon"]).fill(coupon(api))
    click(words["to_payment"])
    click(words["paid"])
    expect(page.locator("#done")).to_be_visible()
    page.get_by_label(said(words["back"], order="4711")).fill("20")
    click(words["refund"])
    expect(page.locator("#sales li")).to_contain_text(
        said(words["returned"], order="4711", points=50, back=20)
    )
    assert not losing
    assert world.follower().points == 70
    assert [one.total for one in told_sales(api)] == [11_610]


@in_browser
@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_points_go_back_and_the_page_changes_its_language_where_it_is(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    served(world, api, page)
    for _ in range(2):
        page.get_by_role("button", name="Exchange 50 points for: tote").click()
        expect(page.locator("#held")).to_be_visible()
        assert world.follower().points == 50
        page.get_by_role("button", name="Do not use it").click()
        expect(page.locator("#held")).to_be_hidden()
        assert world.follower().points == 100
    page.get_by_role("button", name="Exchange 50 points for: tote").click()
    page.locator("#language").click()
    expect(page.locator("#what")).to_have_text("已冻结 50 积分，用于兑换：tote")
    page.get_by_role("button", name="下一位顾客").click()
    expect(page.locator("#open")).to_be_visible()
    assert world.follower().points == 100


@in_browser
@pytest.mark.capability(row="75")
@pytest.mark.parametrize(
    ("page", "offer", "discount", "reasons"),
    [
        (
            "en-US",
            "Give: tea",
            "40% off",
            ["mug: needs 200 points, the customer has 40", "once per customer; none left"],
        ),
        ("zh-CN", "赠送：tea", "减免 40%（6 折）", ["mug：需 200 积分，顾客现有 40", "每人限一次；已发完"]),
    ],
    indirect=["page"],
)
def test_an_assistant_sees_what_a_customer_can_have_and_why_not_the_rest(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
    offer: str,
    discount: str,
    reasons: list[str],
) -> None:
    words = words_of(page)
    served(world, api, page, points=40)
    expect(page.locator("#not_offered")).to_contain_text(reasons[0])
    expect(page.get_by_role("button", name=discount, exact=True)).to_be_visible()
    page.get_by_role("button", name=offer).click()
    expect(page.locator("#what")).to_have_text(said(words["held_free"], what="tea"))
    check_out(page, words)
    expect(page.locator("#lines")).to_contain_text(said(words["hand_out"], gift="tea"))
    page.get_by_role("button", name=words["paid"]).click()
    expect(page.locator("#done")).to_have_text(said(words["saved"], order="4711", amount="¥129.00"))
    expect(page.locator("#returns")).to_be_hidden()
    page.get_by_role("button", name=words["next"]).click()
    served_again(world, page)
    expect(page.locator("#not_offered")).to_contain_text(f"tea{words['colon']}{reasons[1]}")


@in_browser
@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_what_goes_wrong_is_said_in_words_that_an_assistant_understands(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    visit = served(world, api, page)
    person = PeopleStore(api.table).person(person_of(world.followers))
    assert person is not None
    other = Wanted(f"{visit}-other", visit, "SH02", "1", "Asia/Shanghai", offer="tote")
    api.settle.hold(other, lambda: person)
    page.get_by_role("button", name="Exchange 50 points for: tote").click()
    expect(page.locator("#problem")).to_have_text(WORDS["en"]["error_none_left"])
    page.get_by_role("button", name="Use 100 points").click()
    expect(page.locator("#problem")).to_have_text(WORDS["en"]["error_too_few_points"])
    expect(page.locator("#customer")).to_be_visible()


@in_browser
@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_points_that_were_not_taken_in_time_are_chosen_again(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    served(world, api, page)
    page.get_by_role("button", name="Use 100 points").click()
    expect(page.locator("#held")).to_be_visible()
    world.clock.pass_(minutes=16)
    assert api.settle.release_due() == 1
    check_out(page, WORDS["en"])
    expect(page.get_by_role("alert")).to_have_text(WORDS["en"]["error_hold_expired"])
    page.get_by_role("button", name="Use 100 points").click()
    check_out(page, WORDS["en"])
    expect(page.locator("#amount")).to_have_text("To pay: ¥119.00")


@in_browser
def test_nothing_can_be_clicked_before_something_would_answer(browser: Browser, address: str) -> None:
    page = browser.new_page(locale="en-US")
    page.set_default_timeout(PATIENCE_MS)
    asked: list[Route] = []

    def keep(route: Route) -> None:
        asked.append(route)

    page.route("**/words.json", keep)
    with page.expect_request("**/words.json"):
        page.goto(address)
    buttons = page.locator("button")
    assert buttons.count()
    assert not any(button.is_visible() for button in buttons.all())
    asked[0].continue_()
    page.locator("#open").click()
    expect(page.locator("#code")).to_be_visible()
    page.close()


@in_browser
@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_a_code_that_nobody_has_scanned_in_time_is_shown_no_more(
    world: World,  # noqa: F811
    page: Page,
) -> None:
    page.locator("#open").click()
    expect(page.locator("#code")).to_be_visible()
    world.clock.pass_(minutes=3)
    expect(page.locator("#problem")).to_have_text(WORDS["en"]["error_visit_expired"])
    expect(page.locator("#open")).to_be_visible()


@in_browser
@pytest.mark.parametrize("page", ["en-US", "zh-CN"], indirect=True)
def test_a_sale_is_made_with_the_keyboard_alone_and_everything_has_a_name(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    words = words_of(page)

    def reach(role: Literal["button", "textbox", "spinbutton"], name: str) -> None:
        """Tab forward from where the focus is until it is on something, whose name the page tells."""
        wanted = page.get_by_role(role, name=name)
        expect(wanted).to_be_visible()
        for _ in range(20):
            page.keyboard.press("Tab")
            if wanted.evaluate("found => found === document.activeElement"):
                return
        pytest.fail(f"the keyboard does not reach {name}")

    def everything_has_a_name() -> None:
        for role in ROLES:
            for found in page.get_by_role(role).all():
                expect(found).to_have_accessible_name(re.compile(r"\S"))
        assert page.evaluate("document.documentElement.lang") == ("zh" if words is WORDS["zh"] else "en")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    served(world, api, page, by_keyboard=True)
    everything_has_a_name()
    reach("button", said(words["money_off"], points=100, off="¥10.00"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=words["release"])).to_be_focused()
    reach("textbox", words["order"])
    page.keyboard.type("4711")
    reach("textbox", words["total"])
    page.keyboard.type("129")
    everything_has_a_name()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=said(words["to_pay"], amount="¥119.00"))).to_be_focused()
    everything_has_a_name()
    reach("button", words["paid"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name=words["next"])).to_be_focused()
    reach("spinbutton", said(words["back"], order="4711"))
    everything_has_a_name()
    page.keyboard.press("Enter")
    expect(page.locator("#sales")).to_contain_text(
        said(words["returned"], order="4711", points=100, back=100)
    )
    assert world.follower().points == 100


def test_the_page_is_served_to_this_machine_alone_and_holds_no_key(address: str) -> None:
    with httpx.Client(trust_env=False) as client:
        answers: list[Any] = [client.get(address), client.get(f"{address}/page.js")]
        elsewhere = client.get(address, headers={"host": "shop.example"})
        foreign = client.post(f"{address}-api/visits", json={}, headers={"origin": "https://shop.example"})
        secret = client.get(f"{address}/tills.py")
    for answer in answers:
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert STORE.key not in answer.text
    assert (elsewhere.status_code, foreign.status_code, secret.status_code) == (421, 403, 404)
    assert OPENID not in answers[1].text
