"""Many QR codes from a file: at a pace that WeChat allows, and each once, also by a run that goes on."""

import csv
import hashlib
import io
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from wejourney.accounts import Account
from wejourney.messaging.account_settings import AccountKind, AccountSettings
from wejourney.people.codes import FACTS, CodeKind
from wejourney.plain_data import to_plain
from wejourney.services.create_code import LONGEST_LIFE, CodeOrder, CodeOrderRejectedError, MadeCode, code_of
from workbench.language.durations import InvalidDurationError, parse_duration
from workbench.language.mistakes import nearest
from workbench.operations.codes import CodeNotMadeError, OrderCode
from workbench.wording.phrases import Phrase, phrase

MOST_ROWS = 100_000
"""Rows of a file: as many permanent codes as an account has."""

_TEXTS = {"name": "name", "class": "source_class"} | {
    name: name for name in ("team", "opens", "closes", "page")
}
COLUMNS = (*_TEXTS, "labels", "lasts", *FACTS)
"""The columns that a file can have: the arguments and options of `qr create`."""


@dataclass
class UnreadableBatchError(Exception):
    """A file that is no list of codes; `problem` says where, why, and what to do."""

    problem: Phrase


def read_orders(file: Path, app_id: str, now: datetime, *, update: bool) -> list[CodeOrder]:
    """The codes of a file, each checked as far as that goes without a deployment.

    Raises UnreadableBatchError and OSError.
    """
    table = csv.reader(io.StringIO(_text_of(file.read_bytes()), newline=""), strict=True)
    try:
        rows = [(table.line_num, row) for row in table if any(row)]
    except csv.Error as error:
        raise UnreadableBatchError(phrase("batch no csv", line=table.line_num, why=str(error))) from None
    header = [name.strip() for name in rows[0][1]] if rows else []
    _check_header(header)
    if not 1 < len(rows) <= MOST_ROWS + 1:
        raise UnreadableBatchError(phrase("batch rows", n=len(rows) - 1, most=MOST_ROWS))
    orders = dict[str, CodeOrder]()
    for line, cells in rows[1:]:
        try:
            order = _order(dict(zip(header, map(str.strip, cells), strict=True)), app_id, now, update=update)
        except ValueError:
            problem = phrase("batch cells", n=len(cells), columns=len(header))
            raise UnreadableBatchError(phrase("batch line", line=line, problem=problem)) from None
        except CodeNotMadeError as error:
            raise UnreadableBatchError(phrase("batch line", line=line, problem=error.problem)) from None
        if order.name in orders:
            problem = phrase("batch twice", name=order.name)
            raise UnreadableBatchError(phrase("batch line", line=line, problem=problem))
        orders[order.name] = order
    return list(orders.values())


def _text_of(data: bytes) -> str:
    """In UTF-8, or in the encoding of spreadsheet programs in China."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableBatchError(phrase("batch no text"))


def _check_header(header: Sequence[str]) -> None:
    for name in header:
        if name not in COLUMNS:
            problem = phrase("batch column", name=name, hint=nearest(name, COLUMNS))
            raise UnreadableBatchError(problem)
        if header.count(name) > 1:
            raise UnreadableBatchError(phrase("given twice", name=name))
    if "name" not in header or not {*CodeKind} & {*header}:
        raise UnreadableBatchError(phrase("batch header"))


def _order(cells: Mapping[str, str], app_id: str, now: datetime, *, update: bool) -> CodeOrder:
    """The code of a row. Raises CodeNotMadeError."""
    facts = {name: text for name, text in cells.items() if name in FACTS and text}
    given: dict[str, Any] = {_TEXTS[name]: text for name, text in cells.items() if name in _TEXTS}
    try:
        lasts = parse_duration(cells["lasts"], LONGEST_LIFE) if cells.get("lasts") else 0
    except InvalidDurationError as error:
        raise CodeNotMadeError(phrase("code duration", problem=error.message, hint=error.hint)) from None
    order = CodeOrder(
        app_id,
        # As of a command, the first fact says what the code stands for.
        kind=next((name for name in facts if name in tuple(CodeKind)), ""),
        facts=facts,
        labels=tuple(filter(None, cells.get("labels", "").split(","))),
        lasts=lasts,
        update=update,
        **given,
    )
    # The deployment knows the account; that the form is right can be said before anything is made.
    kind: AccountKind = "mini_program" if order.page else "official_account"
    try:
        code_of(order, Account(AccountSettings(app_id), "", None, "", kind=kind), now)
    except CodeOrderRejectedError as error:
        raise CodeNotMadeError(phrase(f"code: {error.reason}", **error.values)) from None
    return order


# --- the pace --------------------------------------------------------------------------------------

MOST_A_MINUTE = 5_000
"""Codes of a mini program that WeChat draws in a minute, before it answers 45009.

https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/qrcode-link/qr-code/getUnlimitedQRCode.html
"""

AT_ONCE = 4
"""Codes that are ordered at the same time: the function shares the account's concurrency with callbacks."""

PAUSES = (60, 60, 120, 300, 600)
"""Seconds to wait, time after time, while WeChat makes no code: a minute's limit is over by then."""


@dataclass
class Pace:
    """Lets calls begin so that WeChat's limit of a minute is not reached, with room for other callers."""

    now: Callable[[], float]
    sleep: Callable[[float], None]
    most_a_minute: int = MOST_A_MINUTE * 8 // 10
    _free_at: float = 0

    def take(self, calls: int) -> None:
        """Wait until so many calls can begin."""
        at = max(self.now(), self._free_at)
        if (wait := at - self.now()) > 0:
            self.sleep(wait)
        self._free_at = at + calls * 60 / self.most_a_minute


# --- the run ---------------------------------------------------------------------------------------


@dataclass
class BatchStoppedError(Exception):
    """WeChat has made no code for as long as a run waits; `problem` is what it said last."""

    problem: Phrase


type _Outcome = MadeCode | Exception


@dataclass
class CodeBatch:
    """The codes of a file. The results, beside the file, say which are made: another run goes on after them.

    A code is made again if its row has changed, if it is temporary, if its pictures are not there, or for
    another `deployment`. `keep` writes the pictures of a code (`with_pictures`) and returns their files.
    """

    file: Path
    orders: Sequence[CodeOrder]
    deployment: str
    keep: Callable[[MadeCode], Sequence[Path]]
    with_pictures: bool
    rejected: dict[str, Phrase] = field(default_factory=dict)
    _made: dict[str, str] = field(default_factory=dict)

    @property
    def results(self) -> Path:
        return self.file.with_name(f"{self.file.name}.codes.csv")

    @property
    def left(self) -> list[CodeOrder]:
        """The codes that are not made, and have not been rejected."""
        return [
            order
            for order in self.orders
            if order.name not in self.rejected and self._made.get(order.name) != self._digest(order)
        ]

    def resume(self) -> int:
        """Go on where an earlier run has ended; how many codes are made already. Raises OSError."""
        if not self.results.is_file():
            return 0
        data = self.results.read_bytes()
        # A run that was killed may have left half a line.
        whole = data[: data.rfind(b"\n") + 1]
        self.results.write_bytes(whole)
        temporary = {order.name for order in self.orders if order.lasts}
        for row in csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline="")):
            name, digest = row.get("name", ""), row.get("order") or ""
            pictures = [Path(file) for file in (row.get("png"), row.get("svg")) if file]
            is_whole = bool(pictures) or not self.with_pictures
            if name not in temporary and is_whole and all(file.is_file() for file in pictures):
                self._made[name] = digest
            else:
                self._made.pop(name, None)
        return len(self.orders) - len(self.left)

    def make(
        self, order_code: OrderCode, pace: Pace, tell: Callable[[int], None], told: Callable[[Phrase], None]
    ) -> None:
        """Make the codes that are left; `tell` is called with how many are done, `told` before a long wait.

        Raises BatchStoppedError, OSError, and what `order_code` raises besides CodeNotMadeError.
        """
        left, pauses = deque(self.left), iter(PAUSES)
        with ThreadPoolExecutor(AT_ONCE) as pool, self._results_file() as results:
            while left:
                orders = [left.popleft() for _ in range(min(AT_ONCE, len(left)))]
                pace.take(len(orders))
                begun = {order.name: pool.submit(_tried, order_code, order) for order in orders}
                try:
                    wait(begun.values())
                finally:
                    # Also when the run is interrupted: what is made is noted.
                    busy = self._note([(order, begun[order.name].result()) for order in orders], results)
                left.extend(order for order in orders if order.name in busy)
                done = len(self.orders) - len(left)
                tell(done)
                if len(busy) < len(orders):
                    pauses = iter(PAUSES)
                if not busy:
                    continue
                why = next(iter(busy.values()))
                if (pause := next(pauses, None)) is None:
                    raise BatchStoppedError(why)
                told(phrase("batch waits", why=why, seconds=pause, done=done, n=len(self.orders)))
                pace.sleep(pause)

    def _results_file(self) -> Any:
        is_new = not self.results.is_file() or not self.results.stat().st_size
        results = self.results.open("a", encoding="utf-8-sig" if is_new else "utf-8", newline="")
        if is_new:
            csv.writer(results).writerow(["name", "scene", "url", "png", "svg", "order"])
        return results

    def _note(self, outcomes: Sequence[tuple[CodeOrder, _Outcome]], results: Any) -> dict[str, Phrase]:
        """Note what has become of codes; why WeChat was too busy for those of these names."""
        busy, failures = dict[str, Phrase](), list[Exception]()
        for order, outcome in outcomes:
            match outcome:
                case MadeCode():
                    self._note_made(order, outcome, results)
                case CodeNotMadeError(problem=problem, is_busy=True):
                    busy[order.name] = problem
                case CodeNotMadeError(problem=problem):
                    self.rejected[order.name] = problem
                case _:  # a failure of AWS, say
                    failures.append(outcome)
        results.flush()
        for failure in failures:
            raise failure
        return busy

    def _note_made(self, order: CodeOrder, made: MadeCode, results: Any) -> None:
        code, digest = made.code, self._digest(order)
        files = {file.suffix: str(file) for file in self.keep(made)}
        pictures = (files.get(".png", ""), files.get(".svg", ""))
        csv.writer(results).writerow([code.name, code.scene, code.url, *pictures, digest])
        self._made[order.name] = digest

    def _digest(self, order: CodeOrder) -> str:
        told = json.dumps([self.deployment, to_plain(replace(order, update=False))], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def _tried(order_code: OrderCode, order: CodeOrder) -> _Outcome:
    try:
        return order_code(order)
    except Exception as error:  # noqa: BLE001 - it is raised when all that was made beside it is noted
        return error
