"""Make a QR code: on record first, then at WeChat, and once for each name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal
from zoneinfo import ZoneInfo

from wejourney.accounts import Account, is_app_id
from wejourney.errors import AlreadyDoneError, WejourneyError
from wejourney.people.codes import (
    CLICK_ID,
    FACTS,
    LONGEST_SCENE,
    SHARED_FROM,
    SHARER,
    Code,
    CodeKind,
    SourceClass,
    mini_scene,
)
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.codes import CodeMaker, CodePictures, Codes
from wejourney.services.ports.environment import TimeSource
from wejourney.text import encodable_json
from wejourney.time_zones import moment_of_local

SHORTEST_LIFE, LONGEST_LIFE = 60, 2_592_000
"""Seconds of a temporary code: https://developers.weixin.qq.com/doc/service/api/qrcode/qrcodes/api_createqrcode.html"""

LONGEST_FACT = 128
LONGEST_EVENT = 20
"""Characters. The date of a profile that says who has attended it is named after an event."""

MOST_LABELS = 20

_NAME = re.compile(rf"[\w.-]{{1,{LONGEST_SCENE}}}")
_EVENT = re.compile(rf"[\w-]{{1,{LONGEST_EVENT}}}")
_LONGEST_PAGE = 128
_PAGE = re.compile(rf"[\w-][\w/-]{{0,{_LONGEST_PAGE - 1}}}", re.ASCII)
_FACT = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST_FACT}}}")

type Reason = Literal[
    "request",
    "app id",
    "name",
    "kind",
    "class",
    "unknown fact",
    "fact",
    "fact missing",
    "event name",
    "labels",
    "window form",
    "window missing",
    "window order",
    "window over",
    "life",
    "page",
    "page missing",
    "no original",
    "exists",
    "fixed",
]


class CodeOrderRejectedError(WejourneyError):
    """A code that cannot be made as it is ordered; `values` are what the `reason` is about."""

    def __init__(self, reason: Reason, **values: str | int) -> None:
        super().__init__(" ".join((reason, *(f"{name}={value}" for name, value in values.items()))))
        self.reason = reason
        self.values = values


@dataclass(frozen=True)
class CodeOrder:
    """A code that is wanted. `facts` are by name (`FACTS`), among them that of its `kind`.

    Without a `name` a code of a click, or of a person who shares, is named after that. `opens` and `closes`
    are moments in ISO 8601, in the account's time zone where they name none. `lasts` are the seconds of a
    temporary code, 0 for a permanent one. `page` is the one that the code of a mini program opens.
    `shared_from` is the scene of the code whose facts it takes over. `update` changes what is on record of a
    code; without it, a code that was ordered otherwise is an error.
    """

    app_id: str
    kind: str = ""
    source_class: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    team: str = ""
    labels: tuple[str, ...] = ()
    opens: str = ""
    closes: str = ""
    lasts: int = 0
    page: str = ""
    shared_from: str = ""
    update: bool = False


def read_order(data: Any) -> CodeOrder:
    """The order in plain data from outside. Raises CodeOrderRejectedError, which quotes names alone."""
    known = {spec.name: spec for spec in fields(CodeOrder)}
    if not isinstance(data, Mapping) or not data.keys() <= known.keys():
        raise CodeOrderRejectedError("request")
    values = encodable_json(data)
    checks = {"facts": _are_texts, "labels": _is_list_of_texts, "lasts": _is_count, "update": _is_flag}
    for name, value in values.items():
        if not checks.get(name, _is_text)(value):
            raise CodeOrderRejectedError("request", field=name)
    if "labels" in values:
        values["labels"] = tuple(values["labels"])
    return CodeOrder(**{"app_id": "", **values})


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(text, str) for pair in value.items() for text in pair
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_text, value))


def _is_count(value: Any) -> bool:
    return type(value) is int


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


@dataclass(frozen=True)
class MadeCode:
    """A code, and of a mini program's the PNG, which only WeChat can draw."""

    code: Code
    picture: bytes = b""


@dataclass(frozen=True)
class CreateCode:
    """The code is on record before WeChat is asked: who dies in between finds it there, and asks again.

    WeChat knows a code by its scene alone, so a repeated call makes no second code, only another ticket for
    the same one.
    """

    accounts: Accounts
    codes: Codes
    wechat: CodeMaker
    pictures: CodePictures
    clock: TimeSource

    def __call__(self, order: CodeOrder) -> MadeCode:
        """Raises CodeOrderRejectedError, UnknownAccountError, or what WeChat says."""
        if not is_app_id(order.app_id):
            raise CodeOrderRejectedError("app id")
        account = self.accounts.get(order.app_id)
        now = self.clock.now()
        wanted = code_of(self._completed(order), account, now)
        code = self._on_record(wanted, now, update=order.update)
        if code.page:
            return MadeCode(code, self.pictures.code_picture(account, code.scene, code.page))
        if code.url and not code.has_expired(now):
            return MadeCode(code)
        made = self.wechat.create_qr_code(account, code.scene, code.lasts)
        over = now + timedelta(seconds=made.lasts) if made.lasts else None
        code = replace(code, ticket=made.ticket, url=made.url, expires_at=over)
        self.codes.save(code)
        return MadeCode(code)

    def _completed(self, order: CodeOrder) -> CodeOrder:
        """The order with what it takes over from the code that is shared, and with a name."""
        facts = dict(order.facts)
        if order.shared_from:
            original = self.codes.find(order.app_id, order.shared_from)
            if original is None or SHARER not in facts:
                raise CodeOrderRejectedError("no original", name=order.shared_from)
            shared = {**original.facts, SHARED_FROM: original.facts.get(SHARED_FROM, original.name)}
            order = replace(
                order,
                kind=original.kind.value,
                source_class=original.source_class.value,
                facts={**shared, SHARER: facts[SHARER]},
            )
        if order.name or not (own := next((facts[name] for name in (CLICK_ID, SHARER) if name in facts), "")):
            return order
        digest = sha256(f"{order.shared_from}\n{own}".encode()).hexdigest()[:20]
        return replace(order, name=f"{'share' if order.shared_from else 'click'}-{digest}")

    def _on_record(self, wanted: Code, now: datetime, *, update: bool) -> Code:
        """The code that is on record from now on."""
        known = self.codes.find(wanted.app_id, wanted.scene)
        if known is None:
            if wanted.closes_at is not None and wanted.closes_at <= now:
                raise CodeOrderRejectedError("window over", name=wanted.name)
            try:
                self.codes.add(wanted)
            except AlreadyDoneError:
                # Another one has made it meanwhile.
                return self._on_record(wanted, now, update=update)
            return wanted
        differences = wanted.differences(known)
        if fixed := {"name", "kind", "lasts", "page"} & {*differences}:
            raise CodeOrderRejectedError("fixed", name=known.name, fields=", ".join(sorted(fixed)))
        if differences and not update:
            raise CodeOrderRejectedError("exists", name=known.name, fields=", ".join(differences))
        if not differences:
            return known
        changed = replace(known, **{name: getattr(wanted, name) for name in differences})
        self.codes.save(changed)
        return changed


def code_of(order: CodeOrder, account: Account, now: datetime) -> Code:
    """The code that is ordered, before WeChat has made it. Raises CodeOrderRejectedError."""
    if not _NAME.fullmatch(order.name):
        raise CodeOrderRejectedError("name", most=LONGEST_SCENE)
    if order.kind not in tuple(CodeKind):
        raise CodeOrderRejectedError("kind", names=", ".join(CodeKind))
    if order.source_class not in tuple(SourceClass):
        raise CodeOrderRejectedError("class", names=", ".join(SourceClass))
    _check_facts(order)
    if len(order.labels) > MOST_LABELS or not all(map(_NAME.fullmatch, (*order.labels, order.team or "-"))):
        raise CodeOrderRejectedError("labels", most=LONGEST_SCENE, number=MOST_LABELS)
    if order.lasts != 0 and not SHORTEST_LIFE <= order.lasts <= LONGEST_LIFE:
        raise CodeOrderRejectedError("life", least=SHORTEST_LIFE, most=LONGEST_LIFE)
    is_mini_program = account.kind == "mini_program"
    if is_mini_program and not _PAGE.fullmatch(order.page):
        raise CodeOrderRejectedError("page missing", most=_LONGEST_PAGE)
    if order.page and (order.lasts or not is_mini_program):
        raise CodeOrderRejectedError("page")
    zone = ZoneInfo(account.settings.time_zone)
    opens, closes = _moment(order.opens, zone), _moment(order.closes, zone)
    if order.kind == CodeKind.EVENT and (opens is None or closes is None):
        raise CodeOrderRejectedError("window missing")
    if opens is not None and closes is not None and closes <= opens:
        raise CodeOrderRejectedError("window order")
    return Code(
        app_id=order.app_id,
        name=order.name,
        scene=mini_scene(order.name) if is_mini_program else order.name,
        kind=CodeKind(order.kind),
        source_class=SourceClass(order.source_class),
        created_at=now,
        facts=dict(order.facts),
        team=order.team,
        labels=order.labels,
        opens_at=opens,
        closes_at=closes,
        lasts=order.lasts,
        page=order.page,
    )


def _check_facts(order: CodeOrder) -> None:
    for name, value in order.facts.items():
        if name not in (*FACTS, SHARED_FROM) or (name == SHARED_FROM and not order.shared_from):
            raise CodeOrderRejectedError("unknown fact", names=", ".join(FACTS))
        if not _FACT.fullmatch(value):
            raise CodeOrderRejectedError("fact", name=name, most=LONGEST_FACT)
    if order.kind not in order.facts:
        raise CodeOrderRejectedError("fact missing", name=order.kind)
    event = order.facts.get(CodeKind.EVENT)
    if event is not None and not _EVENT.fullmatch(event):
        raise CodeOrderRejectedError("event name", most=LONGEST_EVENT)


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment (UTC) of a text, None without one."""
    if not text:
        return None
    try:
        told = datetime.fromisoformat(text)
        return moment_of_local(told, zone) if told.tzinfo is None else told.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CodeOrderRejectedError("window form") from None
