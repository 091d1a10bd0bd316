import base64

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.servers import wechatpy_oracle
from tests.support.servers.wechat_server import ACCOUNT, AES_KEY, APP_ID, OLD_AES_KEY
from wejourney.wire.official_account.crypto import UntrustedRequestError, decrypt, encrypt, is_signed, sign

RAW_KEY = base64.b64decode(AES_KEY + "=")


def encrypt_block(plain: bytes) -> str:
    """Encrypt exactly these bytes: what a sender with the key but not the scheme could make."""
    encryptor = Cipher(algorithms.AES(RAW_KEY), modes.CBC(RAW_KEY[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


def padded(plain: bytes, block: int = 32) -> bytes:
    count = block - len(plain) % block
    return plain + bytes([count]) * count


def test_the_signature_is_that_of_wechats_own_example() -> None:
    assert sign("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"
    wechatpy_oracle.check_signature(
        "AAAAA", sign("AAAAA", "1714037059", "486452656"), "1714037059", "486452656"
    )


def test_a_signature_is_checked_whatever_characters_it_has() -> None:
    assert is_signed(sign("令牌", "1", "2"), "令牌", "1", "2")
    assert not is_signed("签名", "AAAAA", "1714037059", "486452656")
    assert not is_signed("\ud800", "AAAAA", "\udfff", "486452656")


@settings(deadline=None)
@given(st.text())
def test_we_read_what_wechatpy_encrypts(message: str) -> None:
    decrypted = decrypt(wechatpy_oracle.encrypt(message, AES_KEY, APP_ID), [AES_KEY], APP_ID)
    assert decrypted[0].decode() == message


@settings(deadline=None)
@given(st.text())
def test_wechatpy_reads_what_we_encrypt(message: str) -> None:
    assert wechatpy_oracle.decrypt(encrypt(message.encode(), AES_KEY, APP_ID), AES_KEY, APP_ID) == message


@pytest.mark.parametrize("length", range(33))
def test_all_paddings_from_1_to_32_are_read(length: int) -> None:
    message = b"x" * length
    assert decrypt(encrypt(message, AES_KEY, APP_ID), [AES_KEY], APP_ID)[0] == message


def test_two_encryptions_of_a_message_differ() -> None:
    assert encrypt(b"same", AES_KEY, APP_ID) != encrypt(b"same", AES_KEY, APP_ID)


def test_the_previous_key_still_opens_and_is_named() -> None:
    keys = ACCOUNT.encoding_aes_keys
    assert decrypt(encrypt(b"new", AES_KEY, APP_ID), keys, APP_ID)[1] == AES_KEY
    assert decrypt(encrypt(b"old", OLD_AES_KEY, APP_ID), keys, APP_ID)[1] == OLD_AES_KEY


def test_line_breaks_in_the_base64_do_not_matter() -> None:
    encrypted = encrypt(b"long" * 40, AES_KEY, APP_ID)
    broken = "\n".join(encrypted[i : i + 64] for i in range(0, len(encrypted), 64))
    assert decrypt(broken, [AES_KEY], APP_ID)[0] == b"long" * 40


@pytest.mark.parametrize(
    ("encrypted", "reason"),
    [
        ("", "not a whole number"),
        ("not base64!", "not base64"),
        ("签名", "not base64"),
        ("AAA", "not base64"),
        (base64.b64encode(b"x" * 17).decode(), "not a whole number"),
        (encrypt_block(bytes(32)), "padding"),
        (encrypt_block(bytes(31) + b"\x21"), "padding"),
        (encrypt_block(bytes(30) + b"\x01\x02"), "padding"),
        (encrypt_block(b"\x20" * 16), "padding"),
        (encrypt_block(b"\x20" * 32), "shorter"),
        (encrypt_block(padded(b"x" * 19)), "shorter"),
        (encrypt_block(padded(bytes(16) + b"\xff\xff\xff\xff" + b"hi" + APP_ID.encode())), "shorter"),
    ],
)
def test_what_is_not_in_the_scheme_is_refused_by_its_reason(encrypted: str, reason: str) -> None:
    with pytest.raises(UntrustedRequestError, match=reason) as caught:
        decrypt(encrypted, [AES_KEY], APP_ID)
    assert caught.value.status == 403


@pytest.mark.parametrize("app_id", ["wxfedcba0987654321", ""])
def test_a_message_for_another_app_is_refused(app_id: str) -> None:
    with pytest.raises(UntrustedRequestError, match="another app id") as caught:
        decrypt(encrypt(b"hi", AES_KEY, app_id), [AES_KEY], APP_ID)
    assert caught.value.status == 403


def test_the_reason_is_that_of_the_current_key() -> None:
    other_account = encrypt(b"hi", AES_KEY, "wxfedcba0987654321")
    with pytest.raises(UntrustedRequestError, match="another app id"):
        decrypt(other_account, ACCOUNT.encoding_aes_keys, APP_ID)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail_in_another_way(data: bytes) -> None:
    with pytest.raises(UntrustedRequestError):
        decrypt(base64.b64encode(data).decode(), ACCOUNT.encoding_aes_keys, APP_ID)


@settings(deadline=None)
@given(st.binary(max_size=12).map(lambda data: padded(data * 16)))
def test_no_plain_text_under_the_right_key_makes_it_fail_in_another_way(plain: bytes) -> None:
    with pytest.raises(UntrustedRequestError):
        decrypt(encrypt_block(plain), [AES_KEY], APP_ID)
