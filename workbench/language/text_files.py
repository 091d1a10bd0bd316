"""Files that people write, read up to a size: nothing behind it works on what is larger."""

import io
from pathlib import Path

LARGEST_FILE = 300_000
"""Bytes. A journey of this size compiles to more than Step Functions accepts."""


class FileTooLargeError(ValueError):
    """A file that has more than LARGEST_FILE bytes."""

    def __init__(self) -> None:
        super().__init__(f"the file is larger than {LARGEST_FILE // 1000} KB")


def read_text_file(path: Path) -> str:
    """The text of a file. Raises OSError, UnicodeDecodeError or FileTooLargeError."""
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)  # A device or a pipe has no size, and may have no end.
    if len(data) > LARGEST_FILE:
        raise FileTooLargeError
    return io.StringIO(data.decode("utf-8"), newline=None).read()
