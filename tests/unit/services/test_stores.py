"""A store as its secret has it."""

import json
from typing import Any

import pytest

from wejourney.errors import InvalidSettingError, MissingSettingError
from wejourney.services.till.ports import Store

KEY = "k" * 64
RIGHT = {"key": KEY, "app_id": "wx1234567890abcdef"}


def read(**secret: Any) -> Store:
    return Store.from_secret("S1", json.dumps(secret))


def test_a_store_has_a_key_and_the_account_whose_codes_it_shows() -> None:
    store = read(**RIGHT, previous_key="p" * 64, page=" pages/till ", zone="Asia/Urumqi")
    assert (store.name, store.app_id, store.page) == ("S1", "wx1234567890abcdef", "pages/till")
    assert (store.zone, read(**RIGHT).zone) == ("Asia/Urumqi", "")
    assert store.key.all == (KEY.encode(), b"p" * 64)
    assert KEY not in repr(store)


@pytest.mark.parametrize(
    ("secret", "error", "name"),
    [
        ({"key": KEY}, MissingSettingError, "app_id"),
        ({"app_id": RIGHT["app_id"]}, MissingSettingError, "key"),
        (RIGHT | {"app_id": "a b"}, InvalidSettingError, "app_id"),
        (RIGHT | {"app_id": 7}, InvalidSettingError, "app_id"),
        (RIGHT | {"page": 7}, InvalidSettingError, "page"),
        *((RIGHT | {"zone": zone}, InvalidSettingError, "zone") for zone in (7, "Asia/Nowhere", ["Asia"])),
        (RIGHT | {"key": "short"}, InvalidSettingError, "key"),
    ],
)
def test_a_secret_that_cannot_be_used_says_which_setting_and_never_its_value(
    secret: dict[str, Any], error: type[MissingSettingError | InvalidSettingError], name: str
) -> None:
    with pytest.raises(
        error, match=rf"^{name} (is missing from|in) the secret of the (store|key) S1"
    ) as raised:
        read(**secret)
    assert KEY not in str(raised.value)
