"""Compile the methods of a layer's dataclasses: `python -I -S infra/tools/dataclass_methods.py FOLDER`.

`dataclasses` writes the methods of a class as text and compiles it when the class is made, at each cold
start of each function. Here all classes of `wejourney` in the folder are made once; `wejourney/__init__.py`
takes the code from then on.

Modules that import packages of others are left out, so that the same sources give the same file anywhere.
"""

import dataclasses
import marshal
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import CodeType
from typing import Any

PACKAGE = "wejourney"


def compiled_methods(folder: str) -> dict[str, CodeType]:
    """The code of each text that `dataclasses` compiles for the classes of the package in this folder."""
    found: dict[str, CodeType] = {}

    def run(text: str, variables: dict[str, Any], made: dict[str, Any]) -> None:
        found[text] = compile(text, "<string>", "exec", dont_inherit=True)
        exec(found[text], variables, made)  # noqa: S102 - what `dataclasses` does with this text of its own

    sys.path.insert(0, folder)
    package = import_module(PACKAGE)
    vars(dataclasses)["exec"] = run
    for module in walk_packages(package.__path__, f"{PACKAGE}.", onerror=lambda _: None):
        try:
            import_module(module.name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == PACKAGE:
                raise
    return found


if __name__ == "__main__":
    codes = {text: marshal.dumps(code) for text, code in compiled_methods(sys.argv[1]).items()}
    Path(import_module(PACKAGE).COMPILED_METHODS).write_bytes(marshal.dumps(codes))
