"""docs/store-api.md: its tables are those of the code, its program signs as the API asks for."""

import io
import json
import re
from typing import Any
from urllib.request import Request

import pytest

from tests.docs.pages import page
from tests.unit.wire.test_store_signature import BODY, KEY, WHO
from wejourney.loyalty.till.holds import HOLD_LASTS
from wejourney.loyalty.till.visits import CODE_LASTS, VISIT_LASTS
from wejourney.wire.http import FRESHNESS
from wejourney.wire.json_api import conform
from wejourney.wire.store_api import schemas
from wejourney.wire.store_api.operations import OPERATIONS
from wejourney.wire.store_api.signature import SCHEME, is_signed, read_credentials, signature_of

PAGES = ["docs/store-api.md", "docs/store-api.zh-CN.md"]
BOTH = pytest.mark.parametrize("name", PAGES)


@BOTH
def test_each_operation_and_no_other_is_listed(name: str) -> None:
    cells = [span for row in page(name).rows for span in re.findall("`([^`]+)`", row[0])]
    assert {one for one in cells if " /" in one} == OPERATIONS.keys()


@BOTH
def test_each_word_for_what_goes_wrong_is_listed(name: str) -> None:
    rows = [row[0].strip("`") for row in page(name).rows if len(row) == 3 and row[0] != "`code`"]
    assert {one for one in rows if one.isidentifier()} == schemas.CODES.keys()


@BOTH
def test_the_times_are_those_of_the_code(name: str) -> None:
    minutes = [int(one.total_seconds() / 60) for one in (CODE_LASTS, FRESHNESS, HOLD_LASTS, VISIT_LASTS)]
    assert minutes == [2, 5, 15, 30]
    for number in minutes:
        assert re.search(rf"{number} (minutes|分钟)", page(name).prose)


@BOTH
def test_the_signature_of_the_example_is_right(name: str) -> None:
    signature = signature_of(KEY, "POST", "/store/v1/sales", WHO, BODY)
    assert {signature, KEY.decode(), BODY.decode()} <= set(page(name).spans)
    values = [row[1].strip("`") for row in page(name).rows if row[1].strip("`") in (SCHEME, WHO.nonce)]
    assert values == [SCHEME, WHO.nonce]


@BOTH
def test_the_examples_are_as_the_schemas_say(name: str) -> None:
    secret, sale, problem = (json.loads(block) for kind, block in page(name).blocks if kind == "json")
    assert secret.keys() == {"key", "app_id"}
    conform(sale, schemas.SALE, "body")
    conform(problem, schemas.PROBLEM, "body")


@BOTH
def test_the_bodies_of_holds_are_as_the_schemas_say(name: str) -> None:
    bodies = [json.loads(one) for one in page(name).spans if one.startswith('{"')]
    held, taken = (one for one in bodies if "points" in one)
    (offered,) = (one for one in bodies if "offer" in one)
    conform(held, schemas.HOLD, "body")
    conform(offered, schemas.HOLD, "body")
    conform(taken, schemas.CAPTURE, "body")


@BOTH
def test_the_program_signs_its_requests_as_the_api_verifies_them(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent: list[Request] = []
    visit = "a" * 24
    answers: list[Any] = [
        {"visit": visit, "code": "http://weixin.qq.com/q/1"},
        {"status": "waiting"},
        {"status": "scanned", "customer": {"points": 17}},
    ]

    def send(request: Request) -> io.StringIO:
        sent.append(request)
        return io.StringIO(json.dumps(answers[len(sent) - 1]))

    monkeypatch.setattr("urllib.request.urlopen", send)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    exec(page(name).block("python"), {})  # noqa: S102 - the program of the page
    assert "17" in capsys.readouterr().out
    for request in sent:
        path = request.full_url.partition(".com.cn")[2]
        who = read_credentials(request.get_header("Authorization") or "")
        assert is_signed([b"64 random characters"], request.get_method(), path, who, b"")
    assert [one.full_url.partition(".com.cn")[2] for one in sent] == [
        "/store/v1/visits",
        *[f"/store/v1/visits/{visit}"] * 2,
    ]
