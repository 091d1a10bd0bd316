"""What is printed on a terminal whose encoding lacks some characters: it is less, and no command fails."""

import io
import sys


def replace_missing_characters() -> None:
    """Print `?` for what the encoding of stdout or stderr does not have, such as an emoji in GBK."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
