"""Phone numbers: one spelling for each, and the keyed hash by which a person is found."""

import hashlib
import hmac
import re
import unicodedata

from wejourney.errors import WejourneyError

_TYPED = re.compile(r"[0-9+(). \-\u2010-\u2015/]{3,32}")
"""What a number is typed with. Neither letters nor the `*` of a masked number."""


class InvalidPhoneError(WejourneyError):
    """A text that is no phone number of its country. The text is not quoted."""

    def __init__(self, region: str) -> None:
        super().__init__(f"not a whole phone number (numbers without a country code are those of {region})")
        self.region = region


def normalised(text: str, region: str = "CN") -> str:
    """The number in E.164, such as +8613800138000. Raises InvalidPhoneError.

    `region` (ISO 3166) is the country of numbers without a country code.
    """
    # Late: it takes a quarter of a second, and most events bring no number.
    import phonenumbers  # noqa: PLC0415

    # Format characters, such as marks of writing direction, are copied along and cannot be seen.
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    typed = unicodedata.normalize("NFKC", seen).strip()
    if not _TYPED.fullmatch(typed):
        raise InvalidPhoneError(region)
    try:
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        # Not chained: its text may quote the number.
        raise InvalidPhoneError(region) from None
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhoneError(region)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_hash(number: str, secret: bytes) -> str:
    """HMAC-SHA256 of a normalised number in hexadecimal: without the secret, the few numbers can be tried."""
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()
