"""What the engine still knows of a run: the choices that it came to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Choice:
    """A run comes to a choice: the name of the state, when (UTC), and the run's data at that moment."""

    state: str
    at: datetime
    run: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class RunHistory:
    """The engine's record of one run."""

    choices: tuple[Choice, ...] = ()
