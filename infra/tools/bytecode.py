"""Compile the modules of built functions and layers: `python infra/tools/bytecode.py FOLDER…`.

On Lambda their folders are read-only, so without bytecode each cold start would compile all that it imports.
The methods of our dataclasses, which Python compiles when it makes a class, are compiled as well.

The bytecode never looks at its source (an unchecked hash): archives do not keep times of files. It names
sources relative to the folder, so that the same sources give the same archive anywhere.
https://docs.python.org/3.13/reference/import.html#cached-bytecode-invalidation
"""

import subprocess
import sys
from compileall import compile_dir
from pathlib import Path
from py_compile import PycInvalidationMode

METHODS = Path(__file__).with_name("dataclass_methods.py")


def compile_folder(folder: str) -> None:
    """Compile what is below a folder with this Python. Raises SystemExit, with the error on stderr."""
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    if not compile_dir(folder, quiet=1, stripdir=folder.rstrip("/"), invalidation_mode=unchecked):
        raise SystemExit(f"{folder} cannot be compiled")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        compile_folder(argument)
        if (own := Path(argument, "python")).joinpath("wejourney").is_dir():
            # In a process of its own, without any other package than Python's.
            subprocess.run([sys.executable, "-I", "-S", METHODS, own], check=True)  # noqa: S603 - our own script
