"""`wejourney qr`, as it is typed. Only AWS and WeChat are made up; the function is the real one."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import resvg_py
from rich.cells import cell_len

from functions.create_code import app
from tests.support.builders import APP_ID
from tests.support.cli import run
from tests.support.fakes.accounts import FakeAccounts
from tests.support.fakes.clock import FakeClock
from tests.support.fakes.codes import FakeCodes
from tests.support.fakes.counters import FakeCounters
from tests.support.fakes.wechat import FakeWeChat
from tests.unit.services.test_create_code import MINI
from tests.unit.services.test_create_code_function import CONTEXT
from wejourney.errors import ContentRejectedError, WeChatBusyError
from wejourney.journeys.counting import CODES, Cohort, CohortCounts, Count
from wejourney.people.code_counts import CodeCount
from wejourney.services.create_code import CreateCode, Reason
from workbench.cli.commands import qr_commands
from workbench.wording.command_phrases import COMMANDS

STORE = ("store-SH01", "store=SH01", "--class", "social")


@dataclass
class Deployment:
    """A deployed stack, as `Target` shows it."""

    codes: FakeCodes = field(default_factory=FakeCodes)
    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    clock: FakeClock = field(default_factory=FakeClock)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    counters: FakeCounters = field(default_factory=FakeCounters)
    app_id: str = APP_ID
    stack: str = "shop"
    outputs: Mapping[str, str] = field(default_factory=lambda: {"CreateCodeFunction": "create"})
    handler: Callable[..., Any] = app.handler

    def client(self, service: str) -> Any:
        assert service == "lambda"
        return SimpleNamespace(invoke=self._invoke)

    def _invoke(self, FunctionName: str, Payload: str) -> dict[str, Any]:  # noqa: N803 - AWS's names
        assert FunctionName == "create"
        try:
            answer, failed = self.handler(json.loads(Payload), CONTEXT), {}
        except Exception as error:  # noqa: BLE001 - as Lambda does
            answer, failed = {"errorMessage": str(error)}, {"FunctionError": "Unhandled"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Deployment:
    deployment = Deployment()
    create = CreateCode(
        deployment.accounts,
        deployment.codes,
        deployment.wechat,
        deployment.wechat,
        deployment.clock,
    )
    monkeypatch.setattr(app, "create_code", lambda: create)
    monkeypatch.setattr(qr_commands, "open_target", lambda stack: deployment)
    return deployment


def test_a_code_is_made_and_shown(deployed: Deployment) -> None:
    made = run("qr", "create", *STORE, "--team", "retail", "--labels", "spring,shanghai")

    assert made.exit_code == 0, made.output
    for shown in (
        "store-SH01",
        "store=SH01",
        "social",
        "retail",
        "spring, shanghai",
        "permanent",
        "weixin.qq.com/q/1",
    ):
        assert shown in made.output
    assert run("qr", "show", "store-SH01").output == made.output
    assert "永久" in run("qr", "show", "store-SH01", "--lang", "zh").output


def test_the_pictures_are_for_print_and_hold_the_text_of_the_code(
    deployed: Deployment, tmp_path: Path
) -> None:
    made = run("qr", "create", *STORE, "--out", tmp_path / "print", "--json")

    data = json.loads(made.stdout)
    assert data["pictures"] == [str(tmp_path / "print" / f"store-SH01.{kind}") for kind in ("png", "svg")]
    png, svg = (Path(name) for name in data["pictures"])
    width = int.from_bytes(png.read_bytes()[16:20])
    assert png.read_bytes().startswith(b"\x89PNG")
    assert width >= 1200
    assert bytes(resvg_py.svg_to_bytes(svg_string=svg.read_text("utf-8"))).startswith(b"\x89PNG")


def test_the_code_of_a_mini_program_is_the_picture_that_wechat_draws(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    create = CreateCode(FakeAccounts(MINI), deployed.codes, deployed.wechat, deployed.wechat, deployed.clock)
    monkeypatch.setattr(app, "create_code", lambda: create)
    order = ("戒指", "product=ring-7", "--class", "social", "--page", "pages/product/index")
    made = run("qr", "create", *order, "--out", tmp_path)

    assert made.exit_code == 0, made.output
    assert "short-" in made.output
    assert [path.name for path in tmp_path.iterdir()] == ["戒指.png"]
    assert (tmp_path / "戒指.png").read_bytes() == b"\x89PNG of WeChat's"
    assert "pages/product/index" in run("qr", "show", "戒指").output
    assert run("qr", "show", "戒指", "--out", tmp_path).exit_code == 1


def test_json_is_what_is_on_record(deployed: Deployment) -> None:
    made = json.loads(
        run("qr", "create", "visit-1", "campaign=spring", "--class", "ip", "--lasts", "30m", "--json").stdout
    )

    assert made["facts"] == {"campaign": "spring"}
    assert made["lasts"] == 1800
    listed = json.loads(run("qr", "list", "--json").stdout)
    assert listed == [{name: value for name, value in made.items() if name != "pictures"}]


def test_the_list_says_of_each_code_whether_it_works_now(deployed: Deployment) -> None:
    run("qr", "create", *STORE)
    run("qr", "create", "visit-1", "campaign=spring", "--class", "ip", "--lasts", "30m")
    window = ("--opens", "2026-11-22T12:00", "--closes", "2026-11-22T12:30")
    run("qr", "create", "pop-up", "event=pop-up", "--class", "social", *window)
    assert "open" in run("qr", "list").output
    deployed.clock.pass_(minutes=30)

    shown = run("qr", "list").output
    assert "permanent" in shown
    assert "expired at 2026-11-22 04:30Z" in shown
    assert "closed" in shown
    assert "3 codes" in shown


def test_an_expired_code_has_no_picture(deployed: Deployment, tmp_path: Path) -> None:
    run("qr", "create", "visit-1", "campaign=spring", "--class", "ip", "--lasts", "30m")
    deployed.clock.at += timedelta(minutes=30)
    shown = run("qr", "show", "visit-1", "--out", tmp_path)

    assert (shown.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "order it again" in shown.output


REJECTED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a name with a blank": (("a b", "store=x", "--class", "ip"), 1, "1 to 64 letters"),
    "an unknown kind": (("a", "shop=x", "--class", "ip"), 1, "store, staff, campaign"),
    "no class": (("a", "store=x"), 1, "--class must be one of social"),
    "a fact twice": (("a", "store=x", "store=y", "--class", "ip"), 2, "`store` is given twice"),
    "no value": (("a", "store"), 2, "has no `=`"),
    "an event without a window": (("a", "event=x", "--class", "ip"), 1, "needs --opens and --closes"),
    "no moment": (("a", "store=x", "--class", "ip", "--opens", "soon"), 1, "2026-12-05T10:00"),
    "too long a life": (("a", "store=x", "--class", "ip", "--lasts", "31d"), 2, "at most 30d"),
    "too short a life": (("a", "store=x", "--class", "ip", "--lasts", "5s"), 1, "from 60 to 2592000 seconds"),
    "another app": (
        ("a", "store=x", "--class", "ip", "--app-id", "wx0000000000000000"),
        1,
        "no such account",
    ),
    "shared from nothing": (("a", "sharer=p", "--shared-from", "x"), 1, "`x` is none"),
}


@pytest.mark.parametrize("case", REJECTED)
def test_what_cannot_be_made_is_rejected_in_one_line_that_says_what_to_do(
    deployed: Deployment, case: str
) -> None:
    arguments, status, words = REJECTED[case]
    made = run("qr", "create", *arguments)

    assert (made.exit_code, made.stdout) == (status, "")
    assert words in made.stderr
    assert made.stderr.count("\n") == 1
    assert deployed.codes.kept == {}


def test_a_name_that_is_taken_says_what_differs_and_how_to_change_it(deployed: Deployment) -> None:
    run("qr", "create", *STORE)
    again = run("qr", "create", "store-SH01", "store=SH02", "--class", "social")

    assert again.exit_code == 1
    assert "(facts)" in again.stderr
    assert "--update" in again.stderr
    assert run("qr", "create", "store-SH01", "store=SH02", "--class", "social", "--update").exit_code == 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (WeChatBusyError(-1), "run the command again"),
        (ContentRejectedError(40053, advice="do this"), "do this"),
        (ValueError("secret"), "read the log of create"),
    ],
)
def test_what_fails_at_wechat_or_in_the_function_is_said(
    deployed: Deployment, error: Exception, words: str
) -> None:
    deployed.wechat.failures.append(error)
    made = run("qr", "create", *STORE)

    assert made.exit_code == 1
    assert words in made.stderr
    assert "secret" not in made.stderr


def test_a_code_that_nobody_has_made_is_not_found(deployed: Deployment) -> None:
    assert run("qr", "show", "x").exit_code == 1
    assert "qr list" in run("qr", "show", "x").stderr
    assert "0 codes" in run("qr", "list").output


def test_every_reason_has_words() -> None:
    assert {f"code: {reason}" for reason in get_args(Reason.__value__)} <= COMMANDS.keys()


# --- many codes ------------------------------------------------------------------------------------


def test_the_codes_of_a_file_are_made_once_with_their_pictures_and_a_busy_wechat_is_waited_for(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    create = CreateCode(FakeAccounts(MINI), deployed.codes, deployed.wechat, deployed.wechat, deployed.clock)
    monkeypatch.setattr(app, "create_code", lambda: create)
    pauses: list[float] = []
    monkeypatch.setattr(qr_commands, "sleep", pauses.append)
    deployed.wechat.failures = [WeChatBusyError(45009)]
    file = tmp_path / "rings.csv"
    rows = [f"ring-{n},social,R-{n},pages/product/index" for n in range(9)]
    file.write_text("\n".join(["name,class,product,page", *rows]), "utf-8")
    made = run("qr", "batch", file, "--out", tmp_path / "print")

    assert made.exit_code == 0, made.output
    assert "made: 9; made before: 0; rejected: 0; left: 0" in made.stdout
    assert "45009" in made.stderr
    assert 60 in pauses
    assert len(list((tmp_path / "print").iterdir())) == 9
    drawn = len(deployed.wechat.drawn)
    again = run("qr", "batch", file, "--out", tmp_path / "print", "--json")
    assert json.loads(again.stdout) == {"made": 0, "there": 9, "left": 0, "rejected": 0, "reasons": {}}
    assert len(deployed.wechat.drawn) == drawn == 10


def test_codes_of_a_file_that_are_rejected_are_named_with_the_reason(
    deployed: Deployment, tmp_path: Path
) -> None:
    run("qr", "create", *STORE)
    file = tmp_path / "stores.csv"
    file.write_text("name,class,store\nstore-SH01,social,SH02\nstore-SH03,social,SH03\n", "utf-8")
    made = run("qr", "batch", file)

    assert made.exit_code == 1
    assert "made: 1; made before: 0; rejected: 1" in made.stdout
    assert "store-SH01: " in made.stdout
    assert "--update" in made.stdout
    assert deployed.codes.find(APP_ID, "store-SH03") is not None


def test_a_file_of_codes_with_a_mistake_is_rejected_in_one_line(deployed: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "stores.csv"
    file.write_text("name,class,store\na b,social,SH02\n", "utf-8")
    made = run("qr", "batch", file)

    assert (made.exit_code, made.stdout, made.stderr.count("\n")) == (1, "", 1)
    assert "line 2: " in made.stderr
    assert deployed.codes.kept == {}


# --- the report ------------------------------------------------------------------------------------

LIN, WU = ({"class": "content", "kol": kol, "campaign": "spring"} for kol in ("lin", "wu"))


def counted(deployed: Deployment, day: str, code: str, facts: Mapping[str, str], **counts: int) -> None:
    """What is counted of a code on a day."""
    told: dict[Count, int] = {
        (CodeCount(what).value, json.dumps(facts, sort_keys=True)): n for what, n in counts.items()
    }
    deployed.counters.kept[Cohort(CODES, f"{day}#{code}")] = CohortCounts(told)


@pytest.fixture
def reported(deployed: Deployment) -> Deployment:
    sold = {"first_orders": 2, "first_revenue": 1_234_567, "last_orders": 1, "last_revenue": 50}
    counted(deployed, "2026-11-22", "kol-lin-1", LIN, scans=7, elsewhere=2, follows=5, people=4, **sold)
    counted(deployed, "2026-11-21", "kol-lin-2", LIN, scans=3, people=1, first_refunds=5)
    counted(deployed, "2026-11-21", "kol-wu-1", WU, scans=1)
    counted(deployed, "2026-10-01", "kol-wu-1", WU, scans=100)
    return deployed


def lines(*arguments: str) -> dict[str, dict[str, Any]]:
    shown = run("qr", "report", *arguments, "--json")
    assert shown.exit_code == 0, shown.output
    return {line["name"]: line for line in json.loads(shown.stdout)["lines"]}


@pytest.mark.capability(row="C25")
def test_a_report_has_a_line_for_each_code_of_the_last_month_the_best_first(reported: Deployment) -> None:
    found = lines()

    assert list(found) == ["kol-lin-1", "kol-lin-2", "kol-wu-1"]
    assert found["kol-lin-1"]["first_revenue"] == 1_234_567
    assert found["kol-wu-1"]["scans"] == 1


@pytest.mark.parametrize(
    ("arguments", "scans"),
    [
        (["kol-lin-1"], {"kol-lin-1": 7}),
        (["kol-lin-*"], {"kol-lin-1": 7, "kol-lin-2": 3}),
        (["kol=wu"], {"kol-wu-1": 1}),
        (["campaign=spring", "--by", "kol"], {"lin": 10, "wu": 1}),
        (["campaign=spring", "kol-*-1", "--by", "kol"], {"lin": 7, "wu": 1}),
        (["campaign=autumn"], {}),
        (["--by", "store"], {"": 11}),
        (["--from", "2026-10-01", "--to", "2026-10-02"], {"kol-wu-1": 100}),
        (["--to", "2026-11-22"], {"kol-lin-2": 3, "kol-wu-1": 1}),
        (["--from", "2026-11-22"], {"kol-lin-1": 7}),
    ],
)
def test_a_report_is_of_the_codes_days_and_sums_that_are_asked_for(
    reported: Deployment, arguments: list[str], scans: dict[str, int]
) -> None:
    assert {name: line["scans"] for name, line in lines(*arguments).items()} == scans


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_tables_of_a_report_fit_a_terminal_of_80_columns_and_say_yuan(
    reported: Deployment, language: str
) -> None:
    counted(reported, "2026-11-22", "a-code-with-a-long-name-" + "x" * 40, LIN, scans=1_000_000)
    shown = run("qr", "report", "--lang", language, columns=80)

    assert shown.exit_code == 0, shown.output
    assert max(cell_len(line) for line in shown.output.splitlines()) <= 80
    for text in ("12,345.67", "1,000,011", {"en": "total", "zh": "合计"}[language]):
        assert text in shown.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--by", "shop"], "`shop` is no fact"),
        (["shop=7"], "`shop` is no fact"),
        (["--from", "2026-11-22", "--to", "2026-11-22"], "no day"),
    ],
)
def test_a_report_that_cannot_be_made_says_what_to_do(
    reported: Deployment, arguments: list[str], words: str
) -> None:
    shown = run("qr", "report", *arguments)

    assert (shown.exit_code, shown.stdout) == (2, "")
    assert words in shown.stderr


def test_a_report_of_nothing_says_so(deployed: Deployment) -> None:
    assert "nothing was counted" in run("qr", "report").output
