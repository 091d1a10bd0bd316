"""The environment of the sandbox's processes: their AWS clients reach the local AWS and nothing else."""

import os


def local_environment(endpoint: str, region: str) -> dict[str, str]:
    """Our environment, changed so that AWS clients reach the local AWS at `endpoint` and nothing else."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYNAMODB_"))}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **past_proxies(),
    }


def past_proxies() -> dict[str, str]:
    """The variables with which calls of this machine do not go to a proxy: it must not see them."""
    names = ("NO_PROXY", "no_proxy")
    theirs = (host for name in names for host in os.environ.get(name, "").split(",") if host)
    return dict.fromkeys(names, ",".join(dict.fromkeys([*theirs, "127.0.0.1", "localhost"])))
