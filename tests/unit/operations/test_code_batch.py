"""Many codes from a file: no faster than WeChat allows, and each made once, whatever happens in between."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from threading import Lock
from typing import Any

import pytest

from wejourney.people.codes import Code, CodeKind, SourceClass
from wejourney.services.create_code import CodeOrder, MadeCode
from workbench.operations.code_batch import (
    MOST_A_MINUTE,
    PAUSES,
    BatchStoppedError,
    CodeBatch,
    Pace,
    UnreadableBatchError,
    read_orders,
)
from workbench.operations.codes import CodeNotMadeError
from workbench.wording.phrases import Phrase, phrase

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
APP = "wxminiprogram"


@dataclass
class DrawingWeChat:
    """WeChat, as it draws codes: `limit` in a minute, then 45009. Time passes by calls and by waiting."""

    limit: int = MOST_A_MINUTE
    seconds_a_call: float = 0.0
    dies_at: int | None = None
    at: float = 1_000.0
    drawn: Counter[str] = field(default_factory=Counter)
    calls: list[float] = field(default_factory=list)
    refused: int = 0
    pauses: list[float] = field(default_factory=list)
    rejects: frozenset[str] = frozenset()
    _lock: Lock = field(default_factory=Lock)

    def order(self, order: CodeOrder) -> MadeCode:
        with self._lock:
            self.at += self.seconds_a_call
            if self.dies_at is not None and len(self.calls) == self.dies_at:
                self.dies_at = None
                raise ConnectionError
            self.calls.append(self.at)
            if order.name in self.rejects:
                raise CodeNotMadeError(phrase("code: page"))
            if len(self.calls) - bisect_right(self.calls, self.at - 60) > self.limit:
                self.refused += 1
                raise CodeNotMadeError(phrase("code: wechat busy", errcode=45009, why="45009"), is_busy=True)
            self.drawn[order.name] += 1
        code = Code(APP, order.name, order.name, CodeKind.PRODUCT, SourceClass.SOCIAL, NOW, order.facts)
        return MadeCode(code, b"PNG")

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds

    @property
    def pace(self) -> Pace:
        return Pace(lambda: self.at, self.sleep)

    @property
    def most_in_a_minute(self) -> int:
        return max(bisect_left(self.calls, at + 60) - n for n, at in enumerate(self.calls))


def orders(n: int) -> list[CodeOrder]:
    return [
        CodeOrder(APP, "product", "social", {"product": f"R-{i}"}, f"ring-{i}", page="pages/index")
        for i in range(n)
    ]


def batch(
    tmp_path: Path, wanted: list[CodeOrder], deployment: str = "shop", *, pictures: bool = False
) -> CodeBatch:
    def keep(made: MadeCode) -> list[Path]:
        if not pictures:
            return []
        file = tmp_path / f"{made.code.name}.png"
        file.write_bytes(made.picture)
        return [file]

    return CodeBatch(tmp_path / "rings.csv", wanted, deployment, keep, with_pictures=pictures)


def make(found: CodeBatch, wechat: DrawingWeChat) -> list[Phrase]:
    """Make what is left; what was told of waiting."""
    told: list[Phrase] = []
    found.resume()
    found.make(wechat.order, wechat.pace, lambda done: None, told.append)
    return told


# --- the pace --------------------------------------------------------------------------------------


@pytest.mark.capability(row="C9")
@pytest.mark.parametrize("seconds_a_call", [0.0, 0.001, 0.02])
def test_a_batch_stays_below_the_limit_of_wechat_however_fast_its_calls_are(
    tmp_path: Path, seconds_a_call: float
) -> None:
    wechat = DrawingWeChat(seconds_a_call=seconds_a_call)
    make(batch(tmp_path, orders(6_000)), wechat)

    assert (len(wechat.drawn), wechat.refused) == (6_000, 0)
    assert wechat.most_in_a_minute < MOST_A_MINUTE * 0.85


@pytest.mark.capability(row="C9")
def test_a_refusal_because_of_the_pace_is_waited_for_and_every_code_is_made_once(tmp_path: Path) -> None:
    """Others use up most of the minute: another command, say."""
    wechat = DrawingWeChat(limit=50)
    told = make(batch(tmp_path, orders(180)), wechat)

    assert wechat.drawn == Counter({order.name: 1 for order in orders(180)})
    assert wechat.refused
    assert set(wechat.pauses) >= {PAUSES[0]}
    assert "waiting 60 s; " in told[0].in_words("en")
    assert "of 180 done" in told[0].in_words("en")


def test_a_batch_stops_if_wechat_makes_nothing_for_long_and_goes_on_later(tmp_path: Path) -> None:
    wechat = DrawingWeChat(limit=0)
    stopped = batch(tmp_path, orders(9))
    with pytest.raises(BatchStoppedError):
        make(stopped, wechat)
    assert [pause for pause in wechat.pauses if pause >= 60] == list(PAUSES)
    assert len(stopped.left) == 9

    wechat.limit = MOST_A_MINUTE
    make(batch(tmp_path, orders(9)), wechat)
    assert set(wechat.drawn.values()) == {1}


# --- each once -------------------------------------------------------------------------------------


@pytest.mark.capability(row="C9")
@pytest.mark.parametrize("seed", range(12))
def test_a_batch_that_dies_goes_on_and_repeats_nothing_that_was_made(tmp_path: Path, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a test's own chance
    wechat = DrawingWeChat()
    for _ in range(3):
        wechat.dies_at = len(wechat.calls) + chance.randint(0, 9)
        with pytest.raises(ConnectionError):
            make(batch(tmp_path, orders(40), pictures=True), wechat)
    make(batch(tmp_path, orders(40), pictures=True), wechat)

    assert wechat.drawn == Counter({order.name: 1 for order in orders(40)})
    assert len(list(tmp_path.glob("*.png"))) == 40


def test_half_a_line_that_a_killed_run_has_left_is_made_again_and_the_results_stay_readable(
    tmp_path: Path,
) -> None:
    wechat = DrawingWeChat()
    first = batch(tmp_path, orders(5))
    make(first, wechat)
    whole = first.results.read_bytes()
    for end in range(len(whole) + 1):
        first.results.write_bytes(whole[:end])
        again = batch(tmp_path, orders(5))
        there = again.resume()
        assert there == max(whole[:end].count(b"\n") - 1, 0)
        assert len(again.left) == 5 - there


CHANGED: Mapping[str, tuple[dict[str, Any], int]] = {
    "nothing": ({}, 0),
    "another code of the file": ({"orders": orders(4)}, 1),
    "a row": ({"row": True}, 1),
    "a picture is gone": ({"gone": True}, 1),
    "another deployment": ({"deployment": "abroad"}, 3),
}


@pytest.mark.parametrize("what", CHANGED)
def test_another_run_makes_what_has_changed_since_and_nothing_else(tmp_path: Path, what: str) -> None:
    changes, made = CHANGED[what]
    wechat = DrawingWeChat()
    make(batch(tmp_path, orders(3), pictures=True), wechat)
    before = wechat.drawn.total()
    wanted = list(changes.get("orders", orders(3)))
    if "row" in changes:
        wanted[1] = CodeOrder(APP, "product", "ip", {"product": "R-1"}, "ring-1", page="pages/index")
    if "gone" in changes:
        (tmp_path / "ring-2.png").unlink()
    make(batch(tmp_path, wanted, str(changes.get("deployment", "shop")), pictures=True), wechat)

    assert wechat.drawn.total() - before == made


def test_a_temporary_code_is_ordered_again_because_it_may_have_expired(tmp_path: Path) -> None:
    wanted = [CodeOrder(APP, "campaign", "ip", {"campaign": "spring"}, "poster", lasts=3600)]
    wechat = DrawingWeChat()
    for _ in range(2):
        make(batch(tmp_path, wanted), wechat)
    assert wechat.drawn["poster"] == 2


def test_a_code_that_the_deployment_rejects_is_told_and_holds_up_no_other(tmp_path: Path) -> None:
    wechat = DrawingWeChat(rejects=frozenset({"ring-2"}))
    found = batch(tmp_path, orders(9))
    make(found, wechat)

    assert list(found.rejected) == ["ring-2"]
    assert len(wechat.drawn) == 8
    assert found.left == []


# --- the file --------------------------------------------------------------------------------------

HEADER = "name,class,product,store,page,labels,lasts"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_has_a_code_in_each_line_as_spreadsheets_save_it(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "codes.csv"
    text = f'{HEADER}\r\n戒指, social ,R-7,,pages/index,"spring,new",\r\n\r\nSH01,social,,SH01,,,30m\r\n'
    file.write_bytes(text.encode(encoding))

    ring, store = read_orders(file, APP, NOW, update=True)
    assert ring == CodeOrder(
        *(APP, "product", "social", {"product": "R-7"}, "戒指"),
        labels=("spring", "new"),
        page="pages/index",
        update=True,
    )
    assert (store.kind, store.facts, store.lasts) == ("store", {"store": "SH01"}, 1800)


UNREADABLE = {
    "an unknown column": ("name,class,shop\na,ip,b", "`shop` is no column"),
    "no facts": ("name,class\na,ip", "must name the columns"),
    "no names": ("class,store\nip,b", "must name the columns"),
    "a column twice": ("name,class,store,store\na,ip,b,c", "`store` is given twice"),
    "nothing": ("", "must name the columns"),
    "no codes": ("name,class,store\n", "has 0 codes"),
    "too few cells": ("name,class,store\na,ip,b\nc,ip", "line 3: it has 2 cells"),
    "a name twice": ("name,class,store\na,ip,b\na,ip,b", "line 3: the name a"),
    "no class": ("name,class,store\na,,b", "line 2: --class must be one of"),
    "a name with a blank": ("name,class,store\na b,ip,b", "line 2: the name of a code"),
    "no fact": ("name,class,store\na,ip,", "line 2: "),
    "too long a life": ("name,class,store,lasts\na,ip,b,31d", "at most 30d"),
    "an open quotation mark": ('name,class,store\na,ip,"b', "is no CSV"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_file_with_a_mistake_says_where_and_makes_no_code(tmp_path: Path, case: str) -> None:
    text, words = UNREADABLE[case]
    file = tmp_path / "codes.csv"
    file.write_text(text, "utf-8")

    with pytest.raises(UnreadableBatchError) as refused:
        read_orders(file, APP, NOW, update=False)
    assert words in refused.value.problem.in_words("en")
    assert refused.value.problem.in_words("zh")
