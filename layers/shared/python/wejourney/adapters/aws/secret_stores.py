"""The stores of this deployment, each a secret in Secrets Manager. Apart: the callback needs none."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from wejourney.adapters.aws.secret_accounts import KeptSecrets
from wejourney.errors import UnknownAccountError
from wejourney.services.ports.accounts import AccountWatch
from wejourney.services.till.ports import Store, UnknownStoreError


class SecretStores:
    def __init__(self, client: Any, prefix: str, now: Callable[[], datetime], watch: AccountWatch) -> None:
        self._kept = KeptSecrets(client, prefix, now, watch, Store.from_secret)

    def get(self, name: str) -> Store:
        try:
            return self._kept.get(name)
        except UnknownAccountError:
            raise UnknownStoreError(name) from None
