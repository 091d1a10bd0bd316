"""The layer has the code of dataclasses' methods, so that no cold start compiles them."""

import json
import marshal
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import CodeType

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "layers/shared/python"
NAME = f"wejourney/__pycache__/dataclass_methods.{sys.implementation.cache_tag}.bin"

ASKED = """
import dataclasses, json, sys
import wejourney
taken = vars(dataclasses).get("exec", exec)
texts = []
def noted(text, variables, made):
    texts.append(text)
    taken(text, variables, made)
vars(dataclasses)["exec"] = noted
from functions.{function} import app
print(json.dumps([texts, taken is not exec]))
"""


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer's modules, compiled as they are deployed."""
    folder = tmp_path_factory.mktemp("layer")
    shutil.copytree(SOURCES, folder / "python", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, str(ROOT / "infra/tools/bytecode.py"), str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 - our own script
    return folder / "python"


@pytest.fixture(scope="module")
def codes(layer: Path) -> dict[str, CodeType]:
    found = marshal.loads((layer / NAME).read_bytes())  # noqa: S302 - we have just written it
    return {text: marshal.loads(code) for text, code in found.items()}  # noqa: S302 - the same


def asked(function: str, layer: Path) -> tuple[list[str], bool]:
    """The texts that `dataclasses` wants code for when the function starts, and whether any is there."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-B", "-c", ASKED.format(function=function)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, (layer, ROOT)))},
    )
    texts, is_hooked = json.loads(done.stdout)
    return texts, is_hooked


def test_the_code_of_a_text_is_what_python_makes_of_it(codes: dict[str, CodeType]) -> None:
    """Code is equal if its instructions, names, constants and lines are."""
    assert len(codes) > 200
    for text, code in codes.items():
        assert code == compile(text, "<string>", "exec")


@pytest.mark.parametrize("function", ["wechat_callback", "process_inbox", "perform_actions", "close_run"])
def test_hardly_a_dataclass_of_a_function_is_compiled_when_it_starts(
    function: str, layer: Path, codes: dict[str, CodeType]
) -> None:
    """Those of modules that need other packages are: the layer is built without these."""
    texts, is_hooked = asked(function, layer)
    assert is_hooked
    assert len(texts) > 100
    without_code = [text for text in texts if text not in codes]
    assert len(without_code) <= 10


def test_the_same_sources_give_the_same_file_in_any_folder_and_beside_an_older_one(
    layer: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "elsewhere"
    shutil.copytree(layer, folder)
    (folder / NAME).unlink()
    for _ in range(2):
        command = [sys.executable, "-I", "-S", str(ROOT / "infra/tools/dataclass_methods.py"), str(folder)]
        subprocess.run(command, check=True)  # noqa: S603 - our own script
        assert (folder / NAME).read_bytes() == (layer / NAME).read_bytes()


def test_sources_without_the_file_are_compiled_as_ever() -> None:
    texts, is_hooked = asked("close_run", SOURCES)
    assert texts
    assert not is_hooked
