"""Receive what a mini program of the brand sends: a login, events, a phone number, and WeChat's pushes."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, assert_never

from wejourney.accounts import Account, is_app_id
from wejourney.errors import (
    CallbackRefusedError,
    CodeRejectedError,
    InvalidSettingError,
    MissingSettingError,
    UnknownAccountError,
    WeChatError,
)
from wejourney.events.event import InboundEvent, Subject, own_event
from wejourney.events.event_types import Identified, ProfileChanged
from wejourney.people.identities import LONGEST_IDENTITY, Identity, IdentityKind, union_identity
from wejourney.people.phones import InvalidPhoneError, normalised, phone_hash
from wejourney.people.profile_fields import ADDRESS, PHONE
from wejourney.services.loyalty.serve_gifts import ServeGifts
from wejourney.services.loyalty.serve_leaders import ServeLeaders
from wejourney.services.ports.accounts import Accounts, AccountUnavailableError
from wejourney.services.ports.inbox import BulkInbox, InboxUnavailableError
from wejourney.services.ports.keys import PHONES, SESSIONS, Keys
from wejourney.services.ports.mini_programs import MiniPrograms, MiniProgramWatch
from wejourney.services.receive_callback import ReceiveCallback
from wejourney.services.uploads.serve_uploads import ServeUploads
from wejourney.wire.http import Answer
from wejourney.wire.mini_program.requests import (
    GiftOperation,
    MiniProgramRequest,
    answer,
    read_address,
    read_batch,
    read_code,
    read_day,
    read_object,
)
from wejourney.wire.mini_program.sessions import LIFETIME, SessionOverError, read_session, seal_session

_UNAVAILABLE = (
    AccountUnavailableError,
    InboxUnavailableError,
    InvalidSettingError,
    MissingSettingError,
    WeChatError,
)


@dataclass(frozen=True)
class ReceiveMiniProgram:
    """All mini programs of a deployment. `push` receives what WeChat pushes about them."""

    accounts: Accounts
    keys: Keys
    wechat: MiniPrograms
    inbox: BulkInbox
    push: ReceiveCallback
    gifts: ServeGifts
    uploads: ServeUploads
    leaders: ServeLeaders
    watch: MiniProgramWatch
    now: Callable[[], datetime]

    def __call__(self, request: MiniProgramRequest) -> Answer:
        """Answer a request. After a 401 the mini program logs in again, after a 5xx it asks again."""
        known: str | None = None
        try:
            match request.operation:
                case "push":
                    return self.push(request.http)
                case "session":
                    asked = read_object(request.http.body)
                    account = self._account(asked.get("app_id"))
                    known = account.app_id
                    return self._log_in(account, asked)
                case "events":
                    subject = self._subject(request)
                    known = subject.app_id
                    return self._take(subject, request.http.body)
                case "phone":
                    subject = self._subject(request)
                    known = subject.app_id
                    return self._identify_by_phone(subject, request.http.body)
                case "address":
                    subject = self._subject(request)
                    known = subject.app_id
                    return self._take_address(subject, request.http.body)
                case "leaders":
                    subject = self._subject(request)
                    known = subject.app_id
                    return self._show_leaders(subject, request)
                case "list_gifts":
                    subject = self._subject(request)
                    known = subject.app_id
                    return self._about_gifts(request.operation, subject, {})
                case "give_gift" | "look_at_gift" | "claim_gift" | "take_gift_back":
                    subject = self._subject(request)
                    known = subject.app_id
                    asked = read_object(request.http.body)
                    return self._about_gifts(request.operation, subject, asked)
                case "open_upload":
                    subject = self._subject(request)
                    known = subject.app_id
                    return self._open_upload(subject, request.http.body)
                case _:
                    assert_never(request.operation)
        except SessionOverError as over:
            self.watch.session_over()
            return answer(over.status, error=over.reason)
        except CallbackRefusedError as refusal:
            return self._refuse(refusal, known)
        except UnknownAccountError:
            return self._refuse(CallbackRefusedError(404, "no such mini program in this deployment"), known)
        except CodeRejectedError:
            return self._refuse(
                CallbackRefusedError(400, "WeChat does not accept this `code`: get another"), known
            )
        except _UNAVAILABLE as error:
            self.watch.unavailable(error, known)
            return answer(503, error="try again")

    def _account(self, app_id: object) -> Account:
        if not isinstance(app_id, str) or not is_app_id(app_id):
            raise CallbackRefusedError(400, "`app_id` is missing or no app id")
        account = self.accounts.get(app_id)
        if account.kind != "mini_program":
            raise UnknownAccountError(app_id)
        return account

    def _subject(self, request: MiniProgramRequest) -> Subject:
        return read_session(request.token, self.keys.get(SESSIONS).all, self.now())

    def _log_in(self, account: Account, asked: Mapping[str, Any]) -> Answer:
        login = self.wechat.login(account, read_code(asked))
        subject, platform = Subject(account.app_id, login.openid), account.settings.open_platform
        if login.union_id is not None and platform:
            self.inbox.tell_in_bulk(self._identified(subject, union_identity(platform, login.union_id)))
        session = seal_session(subject, self.keys.get(SESSIONS).all, self.now())
        self.watch.logged_in(account.app_id)
        seconds = int(LIFETIME.total_seconds())
        return answer(200, session=session, expires_in=seconds, now=self.now().isoformat())

    def _take(self, subject: Subject, body: bytes) -> Answer:
        batch = read_batch(body, subject, self.now())
        self.inbox.tell_in_bulk(batch.events)
        self.watch.taken(batch, subject.app_id)
        rejected = [asdict(event) for event in batch.rejected]
        return answer(200, accepted=len(batch.events), rejected=rejected, now=self.now().isoformat())

    def _identify_by_phone(self, subject: Subject, body: bytes) -> Answer:
        code = read_code(read_object(body))
        shared = self.wechat.phone_number(self._account(subject.app_id), code)
        try:
            number = normalised(shared)
        except InvalidPhoneError:
            raise CallbackRefusedError(422, "WeChat's number is no whole phone number") from None
        identity = Identity(IdentityKind.PHONE, phone_hash(number, self.keys.get(PHONES).current))
        # The number itself is sealed, or dropped, where it is known who they are and what they agreed to.
        told = own_event(ProfileChanged({PHONE: number}), identity.value, subject, self.now())
        self.inbox.tell_in_bulk([*self._identified(subject, identity), told])
        self.watch.phone_told(subject.app_id)
        return answer(200)

    def _take_address(self, subject: Subject, body: bytes) -> Answer:
        told = ProfileChanged({ADDRESS: read_address(read_object(body))})
        self.inbox.tell_in_bulk([own_event(told, uuid.uuid4().hex, subject, self.now())])
        self.watch.address_told(subject.app_id)
        return answer(200)

    def _about_gifts(self, operation: GiftOperation, subject: Subject, asked: Mapping[str, Any]) -> Answer:
        answered = self.gifts(operation, subject, asked)
        self.watch.gift_asked(operation, answered.status, subject.app_id)
        return answered

    def _open_upload(self, subject: Subject, body: bytes) -> Answer:
        answered = self.uploads(subject, read_object(body))
        self.watch.upload_asked(answered.status, subject.app_id)
        return answered

    def _show_leaders(self, subject: Subject, request: MiniProgramRequest) -> Answer:
        answered = self.leaders(subject, request.game, read_day(request.http.query))
        self.watch.leaders_asked(answered.status, subject.app_id)
        return answered

    def _identified(self, subject: Subject, identity: Identity) -> tuple[InboundEvent, ...]:
        if len(identity.value) > LONGEST_IDENTITY:
            return ()
        body = Identified(identity.kind, identity.value)
        return (own_event(body, f"{identity.kind} {identity.value}", subject, self.now()),)

    def _refuse(self, refusal: CallbackRefusedError, app_id: str | None) -> Answer:
        self.watch.request_refused(refusal.status, refusal.reason, app_id)
        return answer(refusal.status, error=refusal.reason)
