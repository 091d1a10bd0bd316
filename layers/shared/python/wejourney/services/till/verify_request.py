"""Verify that a till of a store has sent a request, now and for the first time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.services.ports.accounts import TooManyUnknownAccountsError
from wejourney.services.till.ports import Nonces, Store, Stores, UnknownStoreError
from wejourney.wire.json_api import RequestRejectedError, unavailable
from wejourney.wire.store_api.requests import SignedRequest
from wejourney.wire.store_api.signature import unsigned


@dataclass(frozen=True)
class VerifyRequest:
    """`tolerance` is how far the time of a signature may be from `now()`."""

    stores: Stores
    nonces: Nonces
    now: Callable[[], datetime]
    tolerance: timedelta

    def __call__(self, request: SignedRequest) -> Store:
        """The store. Raises RequestRejectedError, or as `Stores.get`.

        A nonce is kept after the signature was verified: who has no key writes nothing.
        """
        try:
            store = self.stores.get(request.who.store)
        except UnknownStoreError:
            raise unsigned() from None
        except TooManyUnknownAccountsError:
            raise unavailable() from None
        if not request.is_signed_with(store.key.all):
            raise unsigned()
        now = self.now()
        if abs(now - request.who.at) > self.tolerance:
            what = f"must be of now, which is {int(now.timestamp())}"
            raise RequestRejectedError(401, "header.authorization.time", what, "stale")
        # It is rejected for its time when its nonce is forgotten.
        if not self.nonces.use(store.name, request.who.nonce, request.who.at + 2 * self.tolerance):
            what = "was used before: each request has one of its own"
            raise RequestRejectedError(401, "header.authorization.nonce", what, "replayed")
        return store
