"""A function's settings: the variables that the template gives it."""

import os

from wejourney.errors import MissingSettingError


def setting(name: str) -> str:
    """A variable of the function's environment. Raises MissingSettingError, which names it."""
    value = os.environ.get(name)
    if not value:
        raise MissingSettingError(name, "the environment")
    return value


def days_in(name: str) -> int:
    """A variable that is a number of days, or the word `none`, which is 0."""
    days = setting(name)
    return int(days) if days.isdecimal() else 0
