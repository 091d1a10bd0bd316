"""Compile the modules of built functions and layers: `python infra/tools/bytecode.py FOLDER…`.

On Lambda their folders are read-only, so without bytecode each cold start would compile all that it imports.
The bytecode never looks at its source (an unchecked hash): archives do not keep times of files. It names
sources relative to the folder, so that the same sources give the same archive anywhere.
https://docs.python.org/3.13/reference/import.html#cached-bytecode-invalidation
"""

import sys
from compileall import compile_dir
from py_compile import PycInvalidationMode


def compile_folder(folder: str) -> None:
    """Compile what is below a folder with this Python. Raises SystemExit, with the error on stderr."""
    unchecked = PycInvalidationMode.UNCHECKED_HASH
    if not compile_dir(folder, quiet=1, stripdir=folder.rstrip("/"), invalidation_mode=unchecked):
        raise SystemExit(f"{folder} cannot be compiled")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        compile_folder(argument)
