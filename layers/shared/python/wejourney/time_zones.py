"""Time zones by their IANA names."""

from zoneinfo import ZoneInfo


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone of this name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        # In this order: no such zone; a directory of zones, such as `Europe`; no name of a zone at all.
        return None


def is_time_zone(text: str) -> bool:
    """Whether this is the IANA name of a time zone."""
    return find_zone(text) is not None
