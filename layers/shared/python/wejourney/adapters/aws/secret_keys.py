"""The keys of the deployment itself, each a secret in Secrets Manager. Apart: the callback needs none."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from wejourney.adapters.aws.secret_accounts import KeptSecrets
from wejourney.errors import MissingSettingError, UnknownAccountError
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.ports.keys import DeploymentKey


class SecretKeys:
    """The deployment's own keys; one whose secret is gone is a setting that is missing."""

    def __init__(self, client: Any, prefix: str, now: Callable[[], datetime], watch: AccountWatch) -> None:
        self._prefix = prefix
        self._kept = KeptSecrets(client, prefix, now, watch, DeploymentKey.from_secret)

    def get(self, name: str) -> DeploymentKey:
        try:
            return self._kept.get(name)
        except UnknownAccountError:
            raise MissingSettingError(name, f"Secrets Manager, under {self._prefix}") from None
