"""Read a version of a journey: a file, or a git revision of one."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.language.library import CONTENTS_FOLDER
from workbench.language.reading import Reading, read_file
from workbench.project import JOURNEYS

_LIST = ("ls-tree", "--full-tree", "--name-only", "-z", "--end-of-options")
_SHOW = ("show", "--end-of-options")


class NoVersionError(Exception):
    """The version cannot be read; the text says why."""


def read_version(name: str) -> Reading:
    """Read a journey's file, or `REVISION:path`, with the contents of its library. Raises NoVersionError."""
    if Path(name).is_file():
        return read_file(Path(name))
    revision, colon, path = name.partition(":")
    if not colon or not Path(path).name:
        raise NoVersionError(f"no file {name}; write a git revision as HEAD:infra/journeys/x.yaml")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / CONTENTS_FOLDER).mkdir(parents=True)
        listed = _git(name, *_LIST, revision, f"{CONTENTS_FOLDER.as_posix()}/")
        for content in listed.decode().split("\0")[:-1]:
            version = _git(name, *_SHOW, f"{revision}:{content}")
            (root / CONTENTS_FOLDER / Path(content).name).write_bytes(version)
        file = root / JOURNEYS / Path(path).name
        file.parent.mkdir()
        file.write_bytes(_git(name, *_SHOW, name))
        return read_file(file, name)


def _git(asked: str, *arguments: str) -> bytes:
    """What git prints. Errors quote `asked`, which the user has typed."""
    git = shutil.which("git")
    if git is None:
        raise NoVersionError("git is not installed: install it, or give files")
    done = subprocess.run([git, *arguments], capture_output=True, check=False)  # noqa: S603 - no shell
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip()
        raise NoVersionError(f"git cannot read {asked}: {why.removeprefix('fatal: ')}")
    return done.stdout
