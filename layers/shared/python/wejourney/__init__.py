"""wejourney: follower journeys on WeChat, in the brand's own AWS account."""

import dataclasses
import marshal
import sys
from typing import Any

COMPILED_METHODS = f"{__path__[0]}/__pycache__/dataclass_methods.{sys.implementation.cache_tag}.bin"
"""The code of dataclasses' methods, by the text that `dataclasses` would compile, for this Python.

The built layer has it (`infra/tools/dataclass_methods.py`), a checkout has not.
"""


def _use_compiled_methods() -> None:
    """Let `dataclasses` take the code of a text from the file; it compiles what is not there, as ever."""
    try:
        with open(COMPILED_METHODS, "rb") as file:  # noqa: PTH123 - cheaper at cold start than pathlib
            codes = marshal.load(file)  # noqa: S302 - deployed with the bytecode beside it
    except FileNotFoundError:
        return

    def run(text: str, variables: dict[str, Any], made: dict[str, Any]) -> None:
        code = codes.get(text)
        exec(marshal.loads(code) if code else text, variables, made)  # noqa: S102, S302 - as above

    # The name under which the module calls the builtin.
    vars(dataclasses)["exec"] = run


_use_compiled_methods()
