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
from typing import Any

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware

from infra.sandbox.guard import CONTROL, Guard, json_changes
from infra.sandbox.settings import StoreAccount
from infra.sandbox.till import tills
from infra.sandbox.till.tills import Tills
from infra.sandbox.time_control import TimeControl
from tests.functional.conftest import dynamodb, followers, ledger, tables, world  # noqa: F401 - fixtures
from tests.support.apis.gateway import gateway_event
from tests.support.apis.store_api import StoreApi, scan
from tests.support.builders import APP_ID, NOON, OPENID
from tests.support.servers.dynamodb import store_client
from tests.support.world import World, person_of
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.table import Table
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
PATIENCE_MS = 30_000
in_browser = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")


def test_both_languages_say_everything_that_the_page_says() -> None:
    page, script = ((FOLDER / name).read_text("utf-8") for name in ("page.html", "page.js"))
    used = set(re.findall(r'data-word="(\w+)"', page)) | set(re.findall(r'word\("(\w+)"', script))
    used |= {f"why_{code}" for code in schemas.WHY_NOT}
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert used | {f"error_{code}" for code in schemas.CODES} <= WORDS["en"].keys()
    for name, text in WORDS["en"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", WORDS["zh"][name])), name


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
    app = Starlette(
        routes=served.routes,
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
        thread.join(PATIENCE_MS / 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page in a language; nothing on it breaks the rules that it has for itself."""
    context = browser.new_context(locale=request.param)
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


def served(world: World, api: StoreApi, page: Page, points: int = 100) -> str:  # noqa: F811
    """A customer, who has scanned the code that the page shows; the id of the visit."""
    world.hears("subscribe")
    world.tells("profile", changes={"name": "王小明"})
    give(world, api, points)
    page.locator("#open").click()
    expect(page.locator("#code")).to_be_visible()
    assert page.locator("#code").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    scene = page.locator("#code").get_attribute("data-scene")
    assert scene is not None
    scan(world, scene.removeprefix("visit-"))
    expect(page.locator("#customer")).to_be_visible()
    return scene.removeprefix("visit-")


@in_browser
@pytest.mark.capability(row="67")
@pytest.mark.parametrize("page", ["en-US", "zh-CN"], indirect=True)
def test_an_assistant_shows_the_code_sees_who_has_scanned_it_and_takes_points(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    words = WORDS["zh" if page.evaluate("navigator.language") == "zh-CN" else "en"]
    expect(page.locator("#open")).to_have_text(words["open"])
    served(world, api, page)
    expect(page.locator("#who")).to_have_text("王**")
    expect(page.locator("#facts")).to_contain_text(f"{words['points']}100")
    offer = words["money_off"].replace("{points}", "100").replace("{off}", "¥10.00")
    page.get_by_role("button", name=offer).click()
    page.locator("#order").fill("4711")
    page.locator("#total").fill("129.00")
    page.get_by_role("button", name=words["take"]).click()
    expect(page.locator("#done")).to_have_text(words["captured"].replace("{points}", "100"))
    assert world.follower().points == 0
    page.get_by_role("button", name=words["next"]).click()
    expect(page.locator("#open")).to_be_visible()


@in_browser
@pytest.mark.parametrize("page", ["en-US"], indirect=True)
def test_points_go_back_and_the_page_changes_its_language_where_it_is(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
) -> None:
    served(world, api, page)
    page.get_by_role("button", name="Exchange 50 points for: tote").click()
    expect(page.locator("#held")).to_be_visible()
    assert world.follower().points == 50
    page.locator("#language").click()
    expect(page.locator("#what")).to_have_text("已冻结 50 积分，用于兑换：tote")
    page.get_by_role("button", name="取消").click()
    expect(page.locator("#done")).to_have_text("已退回 50 积分。")
    assert world.follower().points == 100


@in_browser
@pytest.mark.capability(row="75")
@pytest.mark.parametrize(
    ("page", "offer", "reasons"),
    [
        (
            "en-US",
            "Give: tea",
            ["mug: needs 200 points, the customer has 40", "once per customer; none left"],
        ),
        ("zh-CN", "赠送：tea", ["mug: 需 200 积分，顾客现有 40", "每人限一次；已发完"]),
    ],
    indirect=["page"],
)
def test_an_assistant_sees_what_a_customer_can_have_and_why_not_the_rest(
    world: World,  # noqa: F811
    api: StoreApi,
    page: Page,
    offer: str,
    reasons: list[str],
) -> None:
    words = WORDS["zh" if page.evaluate("navigator.language") == "zh-CN" else "en"]
    served(world, api, page, points=40)
    expect(page.locator("#not_offered")).to_contain_text(reasons[0])
    page.get_by_role("button", name=offer).click()
    expect(page.locator("#what")).to_have_text(words["held_free"].replace("{what}", "tea"))
    page.locator("#order").fill("4711")
    page.locator("#total").fill("129.00")
    page.get_by_role("button", name=words["take"]).click()
    expect(page.locator("#done")).to_have_text(words["captured_free"].replace("{what}", "tea"))
    page.get_by_role("button", name=words["next"]).click()
    page.locator("#open").click()
    scene = page.locator("#code").get_attribute("data-scene")
    assert scene is not None
    scan(world, scene.removeprefix("visit-"))
    expect(page.locator("#not_offered")).to_contain_text(f"tea: {reasons[1]}")


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
def test_a_code_that_nobody_has_scanned_in_time_is_shown_no_more(
    world: World,  # noqa: F811
    page: Page,
) -> None:
    page.locator("#open").click()
    expect(page.locator("#code")).to_be_visible()
    world.clock.pass_(minutes=3)
    expect(page.locator("#problem")).to_have_text(WORDS["en"]["error_visit_expired"])
    expect(page.locator("#open")).to_be_visible()


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
