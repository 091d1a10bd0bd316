"""All journeys of a repository, their library of contents, and what is generated from them."""

import errno
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile

from wejourney.allowances.wechat_rules import RuleSet
from wejourney.bounds import LARGEST_NAMES, LARGEST_TASK
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.loyalty.programme import NO_PROGRAMME, Programme
from workbench.checks.accounts import (
    ACCOUNTS,
    DeclaredAccounts,
    accounts_for,
    read_accounts,
    unreachable_accounts,
)
from workbench.checks.consents import undeclared_purposes
from workbench.checks.cross_journey_checks import check_together
from workbench.checks.deployable import allowance_violations, beside_of, lacks_of
from workbench.checks.people_fields import PROFILE
from workbench.checks.people_files import (
    SEGMENTS,
    PeopleFiles,
    people_files_for,
    read_people_files,
    undeclared_in,
)
from workbench.checks.private_values import private_misuses
from workbench.checks.purposes import CONSENTS, Purposes, purposes_for, read_purposes
from workbench.compiler.catalogue import catalogue_json, people_json, programme_json
from workbench.compiler.sizes import size_in_runs, task_sizes
from workbench.compiler.state_machine import definition_json
from workbench.compiler.template_region import definition_path, with_journeys
from workbench.language.journey import Journey
from workbench.language.mistakes import FileReading, Mistake, phrase, with_few_paths
from workbench.language.reading import (
    CONTENTS_FOLDER,
    Library,
    Reading,
    folder_around,
    library_root,
    read_file,
    read_library,
)
from workbench.programme.files import PROGRAMME, programme_for, read_programme
from workbench.programme.uses import undeclared_by
from workbench.proof.premises import Beside
from workbench.wording.phrases import Phrase

JOURNEYS = Path("infra/journeys")
PERSONAS = Path("infra/personas")
FILES_READ = (JOURNEYS, CONTENTS_FOLDER, PROFILE, SEGMENTS, CONSENTS, ACCOUNTS, PROGRAMME)
"""What a project is read from, as far as it is there."""

TEMPLATE = Path("template.yaml")
CATALOGUE = Path("layers/journeys/python/journey_catalogue/catalogue.json")
PEOPLE = CATALOGUE.with_name("people.json")
COMPILED_PROGRAMME = CATALOGUE.with_name("programme.json")

MOST_BYTES = 1_000_000
"""A definition has at most 1 MB: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


@dataclass(frozen=True)
class Project:
    """The journey files of a repository; `journeys` is complete only without mistakes.

    `readings` are by the journeys' names. `mistakes` are those of the files, of the library, and those that
    keep the journeys from being deployed together.
    """

    root: Path
    journeys: tuple[Journey, ...]
    mistakes: tuple[Mistake, ...]
    readings: Mapping[str, Reading]
    people: PeopleRules = NO_RULES
    programme: Programme = NO_PROGRAMME

    @property
    def people_rules(self) -> PeopleRules:
        """What a deployment finds out about people."""
        return self.people.with_programme(self.programme)


def read_project(root: Path) -> Project:
    """Read and check all files of a repository. Raises OSError."""
    around = _Around(
        read_library(root),
        read_people_files(root),
        read_purposes(root),
        read_accounts(root),
        read_programme(root),
    )
    mistakes, readings = set(around.own_mistakes), dict[str, Reading]()
    for path in journey_files(root / JOURNEYS):
        shown_as = (JOURNEYS / path.name).as_posix()
        if _is_misnamed(path):
            mistakes.add(_misnamed(shown_as))
            continue
        reading = readings[path.stem] = read_file(path, shown_as, around.library)
        mistakes.update((*reading.mistakes, *around.mistakes_of(reading), *_lacks_of(reading)))
    journeys = tuple(reading.journey for reading in readings.values() if reading.journey is not None)
    mistakes.update(check_together(readings, around.people.rules))
    people, programme = around.people.rules, around.declared
    return Project(root, journeys, tuple(sorted(mistakes)), readings, people, programme)


def _is_misnamed(path: Path) -> bool:
    """Whether a journey's file has another suffix than those that are deployed."""
    return path.suffix != ".yaml"


def _misnamed(shown_as: str) -> Mistake:
    return Mistake(shown_as, 1, 1, phrase("journey file suffix"))


def _lacks_of(reading: Reading) -> Iterable[Mistake]:
    """What keeps a journey without other mistakes from being deployed."""
    return () if reading.mistakes else lacks_of(reading)


@dataclass(frozen=True)
class _Around:
    """What the files around journeys declare."""

    contents: Library
    people: PeopleFiles
    purposes: Purposes
    accounts: DeclaredAccounts
    programme: FileReading[Programme]

    @property
    def declared(self) -> Programme:
        return self.programme.value or NO_PROGRAMME

    @cached_property
    def library(self) -> Library:
        return replace(self.contents, purposes=self.purposes, programme=self.declared)

    @property
    def own_mistakes(self) -> Iterator[Mistake]:
        yield from self.contents.mistakes_in(self.contents.contents)
        for files in (self.people, self.purposes, self.accounts, self.programme):
            yield from files.mistakes

    def mistakes_of(self, reading: Reading) -> Iterator[Mistake]:
        """What a journey names and these files do not declare, or not for this use."""
        yield from undeclared_purposes(reading, self.purposes)
        yield from unreachable_accounts(reading, self.accounts)
        if not reading.mistakes:
            yield from undeclared_in(reading, self.people.rules.profile)
            yield from undeclared_by(self.declared, reading)
            yield from private_misuses(reading, self.people.rules.profile)


def people_rules_for(path: Path) -> PeopleRules:
    """What a deployment of the repository around a file finds out about people. Raises OSError."""
    return people_files_for(path).rules.with_programme(programme_for(path).value or NO_PROGRAMME)


def refusals(project: Project, rules: RuleSet) -> list[Mistake]:
    """All that keeps a project from being compiled: its mistakes, and messages without an allowance."""
    readings = tuple(project.readings.values())
    return _refusals(readings, project.mistakes, beside_of(readings), rules)


@dataclass(frozen=True)
class CheckedFiles:
    """Some journeys, among the others of their folders, which are not checked themselves.

    `readings` are by resolved paths, `others` the other journeys, as far as they can be read. `mistakes` are
    those that only the files around them show; `lacks` are what keeps them from being deployed; `beside` is
    what all of them bring along.
    """

    readings: Mapping[Path, Reading]
    others: tuple[Journey, ...]
    mistakes: Collection[Mistake]
    lacks: Collection[Mistake]
    beside: Beside

    def reading(self, file: Path) -> Reading:
        return self.readings[file.resolve()]

    def refusals(self, rules: RuleSet | None) -> list[Mistake]:
        """All that is wrong with these journeys, and under rules their messages without an allowance."""
        readings = tuple(self.readings.values())
        found = {*self.mistakes}.union(*(reading.mistakes for reading in readings))
        return _refusals(readings, found, self.beside, rules)


def read_together(files: Collection[Path]) -> CheckedFiles:
    """Read these files, each once, also if it is given by two names. Raises OSError."""
    named = {path.resolve(): path for path in files}
    libraries: dict[Path | None, Library] = {}
    readings: dict[Path, Reading] = {}
    mistakes = [_misnamed(str(path)) for path in named.values() if _is_misnamed(path)]
    all_readings: list[Reading] = []
    for folder in {path.parent for path in named}:
        around = folder / "a-journey.yaml"
        root = library_root(around)
        if root not in libraries:
            libraries[root] = Library() if root is None else read_library(root)
        declared = _Around(
            libraries[root],
            people_files_for(around),
            purposes_for(around),
            accounts_for(around),
            programme_for(around),
        )
        own = {
            path: read_file(shown_as, library=declared.library)
            for path, shown_as in named.items()
            if path.parent == folder
        }
        readings |= own
        shown = {reading.source.file for reading in own.values()}
        folder_readings = _read_folder(folder, declared.library, own)
        all_readings.extend(folder_readings.values())
        mistakes.extend(declared.own_mistakes)
        for reading in own.values():
            mistakes.extend(declared.mistakes_of(reading))
        together = check_together(folder_readings, declared.people.rules)
        mistakes.extend(mistake for mistake in together if mistake.file in shown)
    asked = set(map(id, readings.values()))
    others = (reading.journey for reading in all_readings if id(reading) not in asked)
    known = tuple(journey for journey in others if journey is not None)
    lacks = [lack for reading in readings.values() for lack in _lacks_of(reading)]
    return CheckedFiles(readings, known, mistakes, lacks, beside_of(all_readings))


def _read_folder(folder: Path, library: Library, known: Mapping[Path, Reading]) -> Mapping[str, Reading]:
    """A folder's journeys by their names, unchecked; one of `known` is not read."""
    files = {path.resolve(): path for path in files_in(folder)}
    return {
        path.stem: known[file] if file in known else read_file(path, library=library, checked=False)
        for file, path in files.items()
    }


def personas_folder(file: Path) -> Path:
    """The folder of the personas by which a journey is tried: in the file's repository, else in this one."""
    return (folder_around(file, PERSONAS) or Path()) / PERSONAS


def journey_files(folder: Path) -> list[Path]:
    """The journeys of a folder by name, misnamed ones too, without lock files of editors: dangling links."""
    return [path for path in sorted(folder.glob("*.y*ml")) if path.is_file()]


def files_in(folder: Path) -> list[Path]:
    """The files *.yaml of a folder by name, without lock files of editors, which are dangling links."""
    return [path for path in journey_files(folder) if not _is_misnamed(path)]


def _refusals(
    readings: Iterable[Reading], mistakes: Iterable[Mistake], beside: Beside, rules: RuleSet | None
) -> list[Mistake]:
    """These mistakes, and what else keeps journeys from running: their size, or else unproved messages."""
    found = set(mistakes)
    for reading in readings:
        too_large = set(_too_large(reading))
        unproved = () if too_large or rules is None else allowance_violations(reading, rules, beside)
        found.update(too_large, unproved)
    return with_few_paths(sorted(found))


def _too_large(reading: Reading) -> Iterator[Mistake]:
    """The mistake of a journey that is too large for Step Functions, if it can be compiled at all."""
    if reading.journey is None or reading.mistakes or lacks_of(reading):
        return
    size = len(definition_json(reading.journey, file_of(reading.journey)).encode())
    if size > MOST_BYTES:
        message = phrase("too large", size=size / MOST_BYTES)
        yield reading.mistake_at((), message, phrase("split the journey"))
    for place, size in task_sizes(reading.journey):
        if size > LARGEST_TASK:
            message = phrase("step too large", place=place, size=size, most=LARGEST_TASK)
            yield reading.mistake_at((), message, phrase("shorten step"))
    size = size_in_runs(reading.journey)
    if size > LARGEST_NAMES:
        message = phrase("run too large", size=size, most=LARGEST_NAMES)
        yield reading.mistake_at((), message, phrase("shorten names"))


def file_of(journey: Journey) -> str:
    """The file of a journey, from the root of the repository."""
    return (JOURNEYS / f"{journey.name}.yaml").as_posix()


def outputs_of(project: Project) -> Mapping[Path, str]:
    """Every generated file and its text. Raises OSError or TemplateWithoutMarksError."""
    outputs = {
        Path(definition_path(journey.name)): definition_json(journey, file_of(journey))
        for journey in project.journeys
    }
    outputs[CATALOGUE] = catalogue_json(project.journeys)
    outputs[PEOPLE] = people_json(project.people)
    outputs[COMPILED_PROGRAMME] = programme_json(project.programme)
    template = (project.root / TEMPLATE).read_text("utf-8")
    outputs[TEMPLATE] = with_journeys(template, (journey.name for journey in project.journeys))
    return outputs


def differing(project: Project, outputs: Mapping[Path, str]) -> list[Path]:
    """The generated files that are not what they should be, with definitions of journeys that are gone."""
    changed = {path for path, text in outputs.items() if not _is(project.root / path, text)}
    committed = {path.relative_to(project.root) for path in project.root.glob(definition_path("*"))}
    return sorted(changed | (committed - outputs.keys()))


def write(project: Project, outputs: Mapping[Path, str]) -> list[Path]:
    """Write what differs and delete what is left over; returns both."""
    changed = differing(project, outputs)
    for path in changed:
        target = project.root / path
        if path in outputs:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_file(target, outputs[path].encode())
        else:
            target.unlink()
    return changed


def write_file(path: Path, data: bytes, *, is_new: bool = False) -> None:
    """Write a whole file or nothing. Raises OSError; FileExistsError if it must be `is_new` and is not."""
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            written = Path(file.name)
        try:
            written.write_bytes(data)
            written.chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
            if is_new:
                path.hardlink_to(written)
            else:
                written.replace(path)
        finally:
            written.unlink(missing_ok=True)
    except OSError as error:  # of the hidden file beside it, of which nobody knows
        error.filename = str(path if path.parent.is_dir() else path.parent)
        error.filename2 = None
        raise


def os_error(error: OSError) -> Phrase:
    """A file that cannot be read or written, in words of our own: the system's are in its language."""
    file = str(error.filename or "")
    known = {
        errno.ENOENT: phrase("file not found", file=file),
        errno.EACCES: phrase("no permission", file=file),
        errno.EPERM: phrase("no permission", file=file),
        errno.EROFS: phrase("no permission", file=file),
        errno.EISDIR: phrase("is a folder", file=file),
        errno.ENOTDIR: phrase("not a folder", file=file),
        errno.EEXIST: phrase("file exists", file=file),
        errno.ENOSPC: phrase("disk full", file=file),
    }
    return known.get(
        error.errno or 0, phrase("file error", file=file, why=error.strerror or type(error).__name__)
    )


def _umask() -> int:
    """What new files may not be: it can only be read by setting it."""
    umask = os.umask(0)
    os.umask(umask)
    return umask


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text
