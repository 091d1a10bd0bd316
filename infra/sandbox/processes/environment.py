"""The environment of the sandbox's processes: what they ask of this machine reaches no proxy."""

import os


def past_proxies() -> dict[str, str]:
    """The variables with which calls of this machine do not go to a proxy: it must not see them."""
    names = ("NO_PROXY", "no_proxy")
    theirs = (host for name in names for host in os.environ.get(name, "").split(",") if host)
    return dict.fromkeys(names, ",".join(dict.fromkeys([*theirs, "127.0.0.1", "localhost"])))
