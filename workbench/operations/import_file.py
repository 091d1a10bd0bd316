"""A file on its way into a deployment: in steps of rows, each of which is remembered when it is done."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import batched
from pathlib import Path
from typing import Any

from wejourney.events.event_types import EventBody
from wejourney.services.deliver_events import Delivered
from workbench.imports.row_events import ImportedRow, RejectedRowError, RowReader
from workbench.imports.rows import OpenFile, Row, open_rows
from workbench.wording.phrases import Phrase, phrase

STEP = 1_000
"""Rows after which the progress is written."""

_AT_ONCE, _WORKERS = 100, 8
"""Rows that are delivered together, and how many such parts of a step at the same time."""

type Deliver = Callable[[Collection[ImportedRow]], Delivered]


@dataclass
class Progress:
    """What has been done.

    `row` is the last row that is done, `rejects_size` the bytes of the file of rejects. `reasons` counts the
    rows that were rejected for each. `seen` are the columns of the mapping that some row had.
    """

    row: int = 0
    rows: int = 0
    rejected: int = 0
    queued: int = 0
    waiting: int = 0
    rejects_size: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    @property
    def imported(self) -> int:
        return self.rows - self.rejected


@dataclass
class ImportRun:
    """An import of a file. `call` is what else decides on the result: another call begins anew.

    `words` puts reasons into the language of the command.
    """

    file: Path
    reader: RowReader
    call: str
    words: Callable[[Phrase], str]
    progress: Progress = field(default_factory=Progress)

    @property
    def checkpoint(self) -> Path:
        return self.file.with_name(f"{self.file.name}.import.json")

    @property
    def absent(self) -> list[str]:
        """The columns of the mapping that no row has: in JSON only the rows say which there are."""
        return sorted(self.reader.mapping.columns.difference(self.progress.seen))

    @property
    def rejects(self) -> Path:
        return self.file.with_name(f"{self.file.name}.rejects.csv")

    def resume(self) -> bool:
        """Go on where an interrupted run of the same call on the same file has ended; whether there is one.

        Raises OSError.
        """
        with self.file.open("rb") as binary:
            digest = hashlib.file_digest(binary, "sha256").hexdigest()
        self._digest = hashlib.sha256(f"{digest}\n{self.call}".encode()).hexdigest()
        with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
            stored = json.loads(self.checkpoint.read_text("utf-8"))
            if stored["digest"] == self._digest:
                self.progress = Progress(**stored["progress"])
        return self.progress.row > 0

    def deliver(self, deliver: Deliver, tell: Callable[[int], None]) -> None:
        """Deliver all rows that are left; `tell` is called with the bytes of the file that are read.

        Raises UnreadableFileError and OSError. What the delivery raises ends it after the last step.
        """
        with self._open() as opened, self._rejects_file() as rejects, _workers() as workers:
            for step in batched(opened.rows, STEP, strict=False):
                if step[-1].number <= self.progress.row:
                    continue
                read = self._read(step, rejects)
                for done in workers(deliver, batched(read, _AT_ONCE, strict=False)):
                    self.progress.queued += done.queued
                    self.progress.waiting += len(done.waiting)
                self._remember(step[-1].number, rejects)
                tell(opened.position())
        self.checkpoint.unlink(missing_ok=True)
        if not self.progress.rejected:
            self.rejects.unlink(missing_ok=True)

    def try_out(self, tell: Callable[[int], None]) -> None:
        """Read all rows and write nothing. Raises as `deliver`."""
        with self._open() as opened:
            for step in batched(opened.rows, STEP, strict=False):
                self._read(step, None)
                tell(opened.position())

    def _open(self) -> AbstractContextManager[OpenFile]:
        return open_rows(self.file, self.reader.mapping)

    def _read(self, step: Sequence[Row], rejects: Any) -> list[ImportedRow]:
        """The rows of a step that can be imported; the others are written to the rejects."""
        found: list[ImportedRow] = []
        bodies: dict[str, EventBody] = {}
        writer = csv.writer(rejects) if rejects is not None else None
        for row in step:
            self.progress.rows += 1
            self.progress.seen += [name for name in self.absent if name in row.cells]
            try:
                read = self.reader.read(row)
                _check_keys(read, bodies)
                found.append(read)
            except RejectedRowError as error:
                why = self.words(error.reason)
                reason = f"{error.column}: {why}" if error.column else why
                self.progress.rejected += 1
                self.progress.reasons[reason] = self.progress.reasons.get(reason, 0) + 1
                if writer is not None:
                    lines = "-".join(map(str, dict.fromkeys(row.lines or (row.number,))))
                    writer.writerow([row.number, lines, *map(_as_text, (error.key, error.column, why))])
        return found

    @contextmanager
    def _rejects_file(self) -> Iterator[Any]:
        """The file of rejects, as long as the checkpoint knows it."""
        with self.rejects.open("ab") as binary:
            binary.truncate(self.progress.rejects_size)
            with io.TextIOWrapper(binary, "utf-8", newline="") as text:
                if not self.progress.rejects_size:
                    csv.writer(text).writerow(["row", "lines", "key", "column", "reason"])
                yield text

    def _remember(self, row: int, rejects: Any) -> None:
        """Write the checkpoint in the place of the last one."""
        rejects.flush()
        self.progress.row, self.progress.rejects_size = row, self.rejects.stat().st_size
        written = self.checkpoint.with_name(f"{self.checkpoint.name}.new")
        stored = {"digest": self._digest, "progress": asdict(self.progress)}
        written.write_text(json.dumps(stored), "utf-8")
        written.replace(self.checkpoint)


def _as_text(cell: str) -> str:
    """A cell that no spreadsheet calculates: what comes from a file may be a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _check_keys(row: ImportedRow, bodies: dict[str, EventBody]) -> None:
    """Raises RejectedRowError for a row that has the key of another one, of which nothing would be left."""
    if any(bodies.get(event.id, event.body) != event.body for event in row.events):
        raise RejectedRowError("", phrase("import same key"), row.key)
    bodies |= {event.id: event.body for event in row.events}


@contextmanager
def _workers() -> Iterator[Callable[[Deliver, Iterable[Collection[ImportedRow]]], Iterator[Delivered]]]:
    with ThreadPoolExecutor(_WORKERS) as pool:
        yield pool.map
