"""All journeys of a repository and what is generated from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wejourney.domain.journeys import Journey
from wejourney.language.catalogue import catalogue_json
from wejourney.language.compiling import definition_json
from wejourney.language.mistakes import Mistake
from wejourney.language.reading import read_file
from wejourney.language.template_region import definition_path, logical_id, with_journeys

JOURNEYS = Path("infra/journeys")
TEMPLATE = Path("template.yaml")
CATALOGUE = Path("layers/journeys/python/journey_catalogue/catalogue.json")

MOST_BYTES = 1_000_000
"""A definition has at most 1 MB: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""


@dataclass(frozen=True)
class Project:
    """What the journey files of a repository say; `journeys` is complete only without mistakes."""

    root: Path
    journeys: tuple[Journey, ...]
    mistakes: tuple[Mistake, ...]


def read_project(root: Path) -> Project:
    """Read and check all files of infra/journeys."""
    journeys, mistakes = [], []
    for path in sorted((root / JOURNEYS).glob("*.y*ml")):
        shown_as = (JOURNEYS / path.name).as_posix()
        if path.suffix != ".yaml":
            mistakes.append(Mistake(shown_as, 1, 1, "the name of a journey's file ends in .yaml"))
            continue
        reading = read_file(path, shown_as)
        mistakes += reading.mistakes
        if reading.journey is not None:
            journeys.append(reading.journey)
    return Project(root, tuple(journeys), (*mistakes, *_together(journeys)))


def _together(journeys: Iterable[Journey]) -> Iterable[Mistake]:
    """The mistakes that only all journeys together show."""
    taken: dict[str, str] = {}
    for journey in journeys:
        name = logical_id(journey.name)
        if name in taken:
            message = f"`{journey.name}` and `{taken[name]}` would be one resource, {name}"
            yield Mistake(file_of(journey), 1, 1, message, "rename one of them")
        taken[name] = journey.name
        if len(definition_json(journey, file_of(journey)).encode()) > MOST_BYTES:
            yield Mistake(file_of(journey), 1, 1, "the compiled journey is over 1 MB", "split it")


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
    template = (project.root / TEMPLATE).read_text("utf-8")
    outputs[TEMPLATE] = with_journeys(template, (journey.name for journey in project.journeys))
    return outputs


def differing(project: Project, outputs: Mapping[Path, str]) -> list[Path]:
    """The generated files that are not what they should be, with definitions of journeys that are gone."""
    changed = [path for path, text in outputs.items() if not _is(project.root / path, text)]
    return sorted([*changed, *leftovers(project, outputs)])


def leftovers(project: Project, outputs: Mapping[Path, str]) -> list[Path]:
    """The committed definitions that no journey generates any more."""
    folder = project.root / definition_path("*")
    found = (path.relative_to(project.root) for path in folder.parent.glob(folder.name))
    return [path for path in found if path not in outputs]


def write(project: Project, outputs: Mapping[Path, str]) -> list[Path]:
    """Write what differs and delete what is left over; returns both."""
    changed = differing(project, outputs)
    for path in changed:
        target = project.root / path
        if path in outputs:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(outputs[path], "utf-8", newline="\n")
        else:
            target.unlink()
    return changed


def _is(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text
