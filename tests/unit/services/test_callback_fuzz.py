"""25,000 callbacks, most of them hostile; seeded, so that all runs are alike."""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.support.fakes.signatures import FakeSignatures
from tests.support.servers.framing import FORBIDDEN, HOSTILE, framed, typed_text
from tests.support.servers.wechat_server import (
    ACCOUNT,
    AES_KEY,
    APP_ID,
    NOW,
    OPENID,
    ORIGINAL_ID,
    sha1_of_sorted,
)
from wejourney.accounts import Account, Encryption
from wejourney.errors import CallbackRefusedError, UnknownAccountError, WejourneyError
from wejourney.events.event import InboundEvent
from wejourney.events.event_types import OWN, OtherEvent, TextReceived
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.runs import FollowerState
from wejourney.messaging.contents import Text
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.wire.http import FRESHNESS, Answer, HttpRequest
from wejourney.wire.official_account.crypto import encrypt
from wejourney.wire.official_account.events import EVENTS, MESSAGES
from wejourney.wire.official_account.request import SignatureUse

SEEDS = 2
REQUESTS = 12_500
"""Of each seed."""

STATUSES = {200, 400, 403, 404, 405, 413, 415}
ENTRIES = (
    JourneyEntry("welcome", "v1", Trigger("follow"), Text(text={"zh": "欢迎"})),
    JourneyEntry("help", "v1", Trigger("text", keywords=("*help*",)), Text(text={"zh": "帮助"})),
)


@dataclass
class Ports:
    """The callback's world: what it queued."""

    account: Account
    queued: list[InboundEvent] = field(default_factory=list)
    signatures: FakeSignatures = field(default_factory=FakeSignatures)

    def get(self, app_id: str) -> Account:
        if app_id != APP_ID:
            raise UnknownAccountError(app_id)
        return self.account

    def newer(self, account: Account) -> Account:
        return account

    def read(self, _app_id: str, _openid: str) -> FollowerState:
        return FollowerState()

    def use(self, use: SignatureUse) -> bool:
        return self.signatures.use(use)

    def put(self, event: InboundEvent, _opening: str | None) -> None:
        self.queued.append(event)

    def verified(self, _app_id: str) -> None: ...

    def received(self, _event: InboundEvent, _opening: str | None) -> None: ...

    def refused(self, refusal: CallbackRefusedError, _app_id: str | None) -> None:
        assert OPENID not in refusal.reason

    def replayed(self, _app_id: str) -> None: ...

    def opening_undecided(self, _event: InboundEvent, _error: WejourneyError) -> None: ...

    def failed(self, error: WejourneyError, _app_id: str | None) -> None:
        pytest.fail(f"our own fault: {error}")

    def receive(self, request: HttpRequest) -> Answer:
        """The answer to a request; `queued` is what became of it."""
        self.queued.clear()
        receive = ReceiveCallback(self, self, self, self, self, ENTRIES, lambda: NOW, FRESHNESS)
        return receive(request)


PLAIN = replace(ACCOUNT, encryption="plain", encoding_aes_key=None, previous_encoding_aes_key=None)
ACCOUNTS = [*(replace(ACCOUNT, encryption=encryption) for encryption in ("required", "optional")), PLAIN]
MODES: dict[Encryption, tuple[str, ...]] = {
    "required": ("safe", "compatible"),
    "optional": ("plain", "safe", "compatible"),
    "plain": ("plain",),
}
"""The modes that WeChat's console can be in, by the setting of the account."""


@dataclass
class Attacker:
    """Makes up requests; `dice` decides."""

    dice: random.Random

    def fields(self) -> list[tuple[str, str]]:
        """A message or an event of WeChat, or what pretends to be one."""
        kind = self.dice.choice(EVENT_KINDS)
        is_event = self.dice.random() < 0.5
        named = [("MsgType", "event"), ("Event", kind)] if is_event else [("MsgType", kind)]
        envelope = [
            ("ToUserName", ORIGINAL_ID),
            ("FromUserName", OPENID),
            ("CreateTime", SECOND),
        ]
        more = [(name, typed_text(self.dice)) for name in self.dice.sample(MORE, k=self.dice.randrange(5))]
        return [*envelope, *named, *more, ("OpenID", OPENID), ("MsgId", str(self.dice.randrange(10**6)))]

    def request(self, xml: bytes, mode: str, token: str = ACCOUNT.token, age: float = 0) -> HttpRequest:
        """A request as WeChat signs it; in safe mode encrypted."""
        asked = {"timestamp": str(int(NOW.timestamp() - age)), "nonce": str(self.dice.randrange(10**12))}
        asked["signature"] = sha1_of_sorted(token, asked["timestamp"], asked["nonce"])
        if mode == "plain":
            return HttpRequest("POST", APP_ID, asked, xml)
        encrypted = encrypt(xml, AES_KEY, APP_ID)
        signed = sha1_of_sorted(token, asked["timestamp"], asked["nonce"], encrypted)
        asked |= {"encrypt_type": "aes", "msg_signature": signed}
        beside = xml[len("<xml>") : -len("</xml>")] if mode == "compatible" else b""
        body = b"<xml>" + beside + b"<Encrypt><![CDATA[" + encrypted.encode() + b"]]></Encrypt></xml>"
        return HttpRequest("POST", APP_ID, asked, body)

    def spoiled(self, request: HttpRequest) -> HttpRequest:
        """The request with one thing changed, by somebody who does not know the token."""
        return self.dice.choice(SPOILS)(self, request)

    def bytes_(self) -> bytes:
        return self.dice.randbytes(self.dice.randrange(40)).join(
            part.encode() for part in self.dice.choices(HOSTILE, k=3)
        )


EVENT_KINDS = (*sorted(MESSAGES | EVENTS | OWN), "an_event_of_tomorrow")
SECOND = str(int(NOW.timestamp()))
TYPED = ("Content", "Title", "Url", "Label")
MORE = (*TYPED, "EventKey", "Ticket", "bizmsgmenuid", "Changes", "Points", "Tag")
QUERY = ["signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "echostr", "openid"]


def _other_body(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    return replace(request, body=framed(attacker.fields()))


def _cut(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    at = attacker.dice.randrange(len(request.body) + 1)
    return replace(request, body=request.body[:at] + attacker.bytes_() + request.body[at + 1 :])


def _query(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    name = attacker.dice.choice(QUERY)
    value = attacker.dice.choice(
        [typed_text(attacker.dice), "", "raw", "aes", "0", "9" * 10, request.query["nonce"]]
    )
    return replace(request, query={**request.query, name: value})


def _less_query(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    left_out = attacker.dice.sample(QUERY, k=3)
    return replace(
        request, query={name: value for name, value in request.query.items() if name not in left_out}
    )


def _downgraded(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    query = {name: request.query[name] for name in ("signature", "timestamp", "nonce")}
    return replace(request, query=query, body=framed(attacker.fields()))


def _elsewhere(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    app_id = attacker.dice.choice(["", "wx", typed_text(attacker.dice), "wx" + "0" * 16, "../" + APP_ID])
    return replace(request, app_id=app_id, method=attacker.dice.choice(["POST", "GET"]))


def _method(attacker: Attacker, request: HttpRequest) -> HttpRequest:
    return replace(request, method=attacker.dice.choice(["GET", "PUT", "DELETE", "HEAD", "", "post"]))


SPOILS: list[Callable[[Attacker, HttpRequest], HttpRequest]] = [
    *(_other_body, _cut, _query, _less_query, _downgraded, _elsewhere, _method),
]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_callback_is_answered_by_an_exception_and_no_hostile_one_is_queued(seed: int) -> None:
    attacker, counts = Attacker(random.Random(seed)), Counter[str]()  # noqa: S311 - a die, not a secret
    worlds = [Ports(account) for account in ACCOUNTS]
    while counts.total() < REQUESTS:
        ports = worlds[counts.total() % len(worlds)]
        encryption: Encryption = ports.account.encryption
        mode = attacker.dice.choice(MODES[encryption])
        fields = attacker.fields()
        what = attacker.dice.choice([*KINDS])
        original: list[InboundEvent] = []
        match what:
            case "spoiled":
                # Only who sees WeChat's own request can change it, so that one comes first.
                signed = attacker.request(framed(fields), mode)
                arrived(fields, ports.receive(signed), ports.queued)
                counts["before it is spoiled"] += 1
                original = list(ports.queued)
                request = attacker.spoiled(signed)
            case "another mode":
                request = attacker.request(framed(fields), attacker.dice.choice(["plain", "safe"]))
            case "another token":
                request = attacker.request(framed(fields), mode, token="t" * 16)
            case "too old":
                request = attacker.request(framed(fields), mode, age=301)
            case "signed nonsense":
                request = attacker.request(b"<xml>" + attacker.bytes_() + b"</xml>", mode)
            case _:
                request = attacker.request(framed(fields), mode)
        answer = ports.receive(request)
        counts[f"{what} {answer.status}"] += 1

        assert answer.status in STATUSES
        assert len(ports.queued) == (answer.status == 200 and request.method == "POST")
        for event in ports.queued:
            check(event, request, encryption)
            assert what != "spoiled" or event == original[0], "a hostile request was queued"
        if what in ("another token", "too old"):
            assert answer.status == 403
        if what == "as it is":
            arrived(fields, answer, ports.queued)
    assert counts["as it is 200"] > REQUESTS // 10, counts
    assert counts["spoiled 403"] > REQUESTS // 50, counts


KINDS = ("as it is", "spoiled", "another mode", "another token", "too old", "signed nonsense")


def check(event: InboundEvent, request: HttpRequest, encryption: Encryption) -> None:
    """What is queued was signed, is none of our own events, and can be read again."""
    assert event.kind not in OWN
    assert event.at <= NOW + timedelta(minutes=5)
    assert InboundEvent.from_dict(json.loads(json.dumps(event.to_dict()))) == event
    is_encrypted = request.query.get("encrypt_type") == "aes"
    assert is_encrypted or encryption != "required"
    assert not is_encrypted or encryption != "plain"


def arrived(fields: list[tuple[str, str]], answer: Answer, queued: list[InboundEvent]) -> None:
    """A message of WeChat is never lost, and what somebody has typed arrives in its own field.

    Where several typed texts stand together nobody can tell where one ends, so none of them is compared.
    """
    assert answer.status == 200, fields
    (event,) = queued
    assert event.subject.openid == OPENID
    typed = [(name, text) for name, text in fields if name in TYPED]
    if len(typed) == 1:
        ((name, text),) = typed
        body = event.body
        if isinstance(body, OtherEvent):
            assert body.details[name] == FORBIDDEN.sub("\ufffd", text)
            assert set(body.details) <= {name for name, _ in fields}
        elif isinstance(body, TextReceived):
            assert body.text == (FORBIDDEN.sub("\ufffd", text) if name == "Content" else "")
