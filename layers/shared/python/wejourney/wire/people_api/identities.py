"""An identity of a request as the domain knows it."""

from collections.abc import Callable, Mapping
from typing import Any

from wejourney.accounts import is_app_id
from wejourney.events.event import OPENID
from wejourney.people.identities import (
    LONGEST_IDENTITY,
    Identity,
    IdentityKind,
    is_nobodys,
    openid_identity,
    union_identity,
)
from wejourney.people.phones import InvalidPhoneError, normalised
from wejourney.text import printable, stripped
from wejourney.wire.json_api import RequestRejectedError

type PhoneHash = Callable[[str], str]
"""The keyed hash of a normalised number."""


def read_identity(told: Mapping[str, Any], where: str, phone_hash: PhoneHash) -> Identity:
    """The identity that a request tells at a place. Raises RequestRejectedError."""
    kind, value, within = IdentityKind(told["kind"]), told["value"], told.get("within", "")
    if value != stripped(printable(value)):
        what = "must have no characters that cannot be seen around it, and no control characters"
        raise RequestRejectedError(400, f"{where}.value", what)
    match kind:
        case IdentityKind.OPENID:
            if not is_app_id(within):
                raise RequestRejectedError(400, f"{where}.within", "must be the app id of the openid")
            if not OPENID.fullmatch(value):
                raise RequestRejectedError(400, f"{where}.value", "must be an openid")
            identity = openid_identity(within, value)
        case IdentityKind.UNION_ID:
            if not within:
                what = "must be your name of the Open Platform account"
                raise RequestRejectedError(400, f"{where}.within", what)
            identity = union_identity(within, value)
        case IdentityKind.PHONE:
            try:
                identity = Identity(kind, phone_hash(normalised(value, told.get("region", "CN"))))
            except InvalidPhoneError as error:
                what = f"must be a whole phone number; without a country code it is one of {error.region}"
                raise RequestRejectedError(400, f"{where}.value", what) from None
        case _:  # an identity that is as it is written
            identity = Identity(kind, value)
    if kind is not IdentityKind.PHONE and is_nobodys(value):
        what = "must name one person: it is masked, or stands for nobody"
        raise RequestRejectedError(400, f"{where}.value", what)
    if len(identity.value) > LONGEST_IDENTITY:
        raise RequestRejectedError(
            400, where, f"must have at most {LONGEST_IDENTITY} characters with `within`"
        )
    return identity
