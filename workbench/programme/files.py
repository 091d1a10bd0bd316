"""Reading infra/programme.yaml."""

from dataclasses import replace
from pathlib import Path

from wejourney.loyalty.programme import Programme
from wejourney.people.profile_model import ANY_PROFILE, ProfileModel
from workbench.checks.people_fields import PROFILE, read_profile
from workbench.checks.purposes import Purposes, read_purposes
from workbench.language.mistakes import FileReading
from workbench.language.source import Source
from workbench.programme.checks import check_names_shown, check_programme
from workbench.programme.fields import read_programme_fields

PROGRAMME = Path("infra/programme.yaml")


def programme_for(path: Path) -> FileReading[Programme]:
    """The programme of the repository around a file. Raises OSError."""
    folders = (folder for folder in path.resolve().parents if (folder / PROGRAMME).is_file())
    root = next(folders, None)
    return FileReading(Programme(), ()) if root is None else read_programme(root)


def read_programme(root: Path) -> FileReading[Programme]:
    """Read and check the file; without one there is no programme. Raises OSError."""
    if not (root / PROGRAMME).is_file():
        return FileReading(Programme(), ())
    source = Source(PROGRAMME.as_posix())
    node = source.read(root / PROGRAMME)
    programme = None if node is None else read_programme_fields(source, node)
    if programme is not None and not source.broken:
        purposes = read_purposes(root)
        profile = _profile(root, purposes)
        check_programme(programme, source, profile)
        check_names_shown(programme, profile, purposes, source)
    return FileReading.of(programme, source.mistakes)


def _profile(root: Path, purposes: Purposes) -> ProfileModel:
    """What infra/profile.yaml and infra/consents.yaml declare; who checks these tells their mistakes."""
    source = Source(PROFILE.as_posix())
    node = source.read(root / PROFILE) if (root / PROFILE).is_file() else None
    profile = (None if node is None else read_profile(source, node)) or ANY_PROFILE
    return replace(profile, membership=purposes.name_of("membership"))
