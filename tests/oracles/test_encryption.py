"""Two implementations of WeChat's encryption by others, in another language, read ours and are read."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.servers.npm import installed
from tests.support.servers.wechat_server import ACCOUNT, AES_KEY, NONCE, NOW, encrypted_body, follow, sealed
from wejourney.wire.http import FRESHNESS
from wejourney.wire.official_account.crypto import decrypt, encrypt, sign
from wejourney.wire.official_account.reply import seal_reply
from wejourney.wire.official_account.request import open_callback
from wejourney.wire.official_account.xml import parse_xml

HERE = Path(__file__).parent
PACKAGES = ["wechat-crypto", "@wecom/crypto"]
TIMESTAMP = str(int(NOW.timestamp()))

# The first answer waits for Node to start, and no test here is about speed.
unhurried = settings(deadline=None)

type Ask = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def node() -> Iterator[subprocess.Popen[str]]:
    packages = installed(HERE)
    # wechat-crypto was written for a Node that had no Buffer.from.
    command = [shutil.which("node") or "node", "--no-deprecation", "encryption.cjs"]
    with subprocess.Popen(  # noqa: S603  # our own script
        command, cwd=packages.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(scope="session", params=PACKAGES)
def ask(node: subprocess.Popen[str], request: pytest.FixtureRequest) -> Ask:
    stdin, stdout = node.stdin, node.stdout
    assert stdin is not None
    assert stdout is not None

    def asked(do: str, **values: str) -> dict[str, Any]:
        account = {"token": ACCOUNT.token, "key": AES_KEY, "app_id": ACCOUNT.app_id}
        return _exchange(stdin, stdout, {"package": request.param, "do": do, **account, **values})

    return asked


def _exchange(stdin: IO[str], stdout: IO[str], request: dict[str, str]) -> dict[str, Any]:
    stdin.write(json.dumps(request) + "\n")
    stdin.flush()
    answer: dict[str, Any] = json.loads(stdout.readline())
    return answer


TEXTS = st.text(st.characters(codec="utf-8")) | st.text("你好欢迎光临👋🏽💍abc &<]>", max_size=60)


@unhurried
@given(message=TEXTS)
@example(message="你好，欢迎光临 👋🏽💍")
@example(message="")
def test_we_decrypt_what_they_encrypt(ask: Ask, message: str) -> None:
    encrypted = ask("encrypt", message=message)["encrypted"]
    assert decrypt(encrypted, ACCOUNT.encoding_aes_keys, ACCOUNT.app_id)[0].decode() == message


@unhurried
@given(message=TEXTS)
@example(message="你好，欢迎光临 👋🏽💍")
@example(message="")
def test_they_decrypt_what_we_encrypt(ask: Ask, message: str) -> None:
    encrypted = encrypt(message.encode(), AES_KEY, ACCOUNT.app_id)
    assert ask("decrypt", encrypted=encrypted) == {"message": message, "id": ACCOUNT.app_id}


@unhurried
@given(nonce=st.text("0123456789abcdefXYZ", min_size=1), encrypted=st.text("ABCxyz019+/=", min_size=1))
def test_they_sign_as_we_do(ask: Ask, nonce: str, encrypted: str) -> None:
    theirs = ask("sign", timestamp=TIMESTAMP, nonce=nonce, encrypted=encrypted)["signature"]
    assert theirs == sign(ACCOUNT.token, TIMESTAMP, nonce, encrypted)


def test_a_callback_that_they_build_is_opened(ask: Ask) -> None:
    encrypted = ask("encrypt", message=follow("门店01"))["encrypted"]
    signature = ask("sign", timestamp=TIMESTAMP, nonce=NONCE, encrypted=encrypted)["signature"]
    request = sealed(encrypted_body(encrypted), encrypted)
    assert request.query["msg_signature"] == signature
    delivery = open_callback(request, ACCOUNT, NOW, FRESHNESS)
    assert delivery.fields["EventKey"] == "qrscene_门店01"


def test_a_reply_that_we_seal_is_opened_by_them(ask: Ask) -> None:
    reply = "<xml><Content><![CDATA[你好 welcome]]></Content></xml>"
    envelope = parse_xml(seal_reply(reply, ACCOUNT, AES_KEY, NOW).encode())
    signed = ask(
        "sign",
        timestamp=envelope["TimeStamp"],
        nonce=envelope["Nonce"],
        encrypted=envelope["Encrypt"],
    )
    assert signed["signature"] == envelope["MsgSignature"]
    assert ask("decrypt", encrypted=envelope["Encrypt"])["message"] == reply
