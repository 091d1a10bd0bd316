"""The signature of a till's request: vectors that openssl has computed, and every part that it covers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wejourney.wire.json_api import RequestRejectedError
from wejourney.wire.store_api.signature import (
    SCHEME,
    Credentials,
    is_signed,
    read_credentials,
    signature_of,
    unsigned,
)

KEY = b"0123456789abcdef0123456789abcdef"
WHO = Credentials("S1", "2", 1_795_867_200, "nonce-0000000001")
BODY = b'{"order":"4711","total":12900}'
NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/store/v1/visits", b"", "a6f5df6208299d9039955317df923a762598b5672c5c7fdf5eeb59b359887803"),
        ("POST", "/store/v1/sales", BODY, "83b92ee646eb2deabf26de719efca23f827d95705efc7cd87fab7f92332266b0"),
    ],
)
def test_the_vectors_of_openssl(method: str, path: str, body: bytes, expected: str) -> None:
    """`printf '%s\\n…' … | openssl dgst -sha256 -hmac KEY -r`."""
    assert signature_of(KEY, method, path, WHO, body) == expected
    assert is_signed([b"other", KEY], method, path, replace(WHO, signature=expected), body)
    assert not is_signed([b"other"], method, path, replace(WHO, signature=expected), body)


def test_each_part_of_a_request_is_signed() -> None:
    parts = ("POST", "/store/v1/sales", WHO, BODY)
    who = replace(WHO, signature=signature_of(KEY, *parts))
    others = [
        ("PUT", parts[1], who, BODY),
        ("POST", "/store/v1/visits", who, BODY),
        ("POST", parts[1], who, BODY + b" "),
        *(
            ("POST", parts[1], other, BODY)
            for other in (
                replace(who, store="S2"),
                replace(who, till="3"),
                replace(who, time=1),
                replace(who, nonce="n" * 16),
            )
        ),
        ("POST", parts[1], replace(who, signature="0" * 64), BODY),
    ]
    assert is_signed([KEY], "POST", parts[1], who, BODY)
    assert not any(is_signed([KEY], *other) for other in others)


@given(NAMES, NAMES, NAMES, NAMES)
def test_no_two_requests_have_one_text_to_sign(store: str, till: str, other: str, last: str) -> None:
    one, two = Credentials(store, till, 1, "n" * 16), Credentials(other, last, 1, "n" * 16)
    same = signature_of(KEY, "GET", "/", one, b"") == signature_of(KEY, "GET", "/", two, b"")
    assert same is ((store, till) == (other, last))


@given(NAMES, NAMES, st.integers(10**9, 10**10 - 1), st.from_regex(r"[\w-]{16,64}", fullmatch=True))
def test_a_header_is_read_as_it_was_written(store: str, till: str, time: int, nonce: str) -> None:
    if nonce.isascii():
        who = Credentials(store, till, time, nonce, "a" * 64)
        assert read_credentials(who.header()) == who


@given(st.text() | st.from_regex(rf"{SCHEME} store=S1,till=2,.{{0,200}}"))
def test_whatever_the_header_says_it_is_read_or_rejected_in_one_way(header: str) -> None:
    try:
        who = read_credentials(header)
    except RequestRejectedError as error:
        told = error
    else:
        assert who.header() == header
        return
    assert (told.status, told.code, str(told)) == (401, "unsigned", str(unsigned()))
