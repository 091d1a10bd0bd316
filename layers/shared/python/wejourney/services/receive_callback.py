"""Receive a callback of WeChat: refuse it, or queue its event and answer within WeChat's 5 seconds."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from wejourney.accounts import Account, is_app_id
from wejourney.errors import (
    CallbackRefusedError,
    InvalidSettingError,
    MissingSettingError,
    UnknownAccountError,
)
from wejourney.events.event import InboundEvent
from wejourney.journeys.routing import JourneyEntry, may_open, opens
from wejourney.messaging.account_settings import AccountSettings
from wejourney.messaging.contents import Content
from wejourney.messaging.merge_fields import render
from wejourney.people.followers import Follower
from wejourney.plain_data import changed
from wejourney.services.ports.accounts import AccountUnavailableError, RefreshableAccounts
from wejourney.services.ports.callback import (
    FollowerReader,
    FollowerUnreadableError,
    Signatures,
    SignaturesUnavailableError,
    Watch,
)
from wejourney.services.ports.inbox import Inbox, InboxUnavailableError
from wejourney.wire.http import LARGEST_BODY, XML, Answer, HttpRequest
from wejourney.wire.official_account.crypto import UntrustedRequestError
from wejourney.wire.official_account.events import read_event
from wejourney.wire.official_account.reply import render_reply, seal_reply
from wejourney.wire.official_account.request import OpenedCallback, SignatureUse, open_callback, verify_url

SUCCESS = Answer()
_OUR_FAULT = (
    AccountUnavailableError,
    InboxUnavailableError,
    InvalidSettingError,
    MissingSettingError,
    SignaturesUnavailableError,
)


@dataclass(frozen=True)
class ReceiveCallback:
    """The callback of all accounts of a deployment.

    `entries` are the deployed journeys in the order in which they may start; without one nobody reads
    `followers`. `tolerance` is how far a request's timestamp may be from `now()`, `open` checks a POST.
    """

    accounts: RefreshableAccounts
    followers: FollowerReader | None
    signatures: Signatures
    inbox: Inbox
    watch: Watch
    entries: tuple[JourneyEntry, ...]
    now: Callable[[], datetime]
    tolerance: timedelta
    open: Callable[[HttpRequest, Account, datetime, timedelta], OpenedCallback] = open_callback

    def __call__(self, request: HttpRequest) -> Answer:
        """Answer a request.

        A 4xx is a request that WeChat cannot have sent and would send in vain again. A 5xx asks WeChat
        to deliver again. A repeated delivery gets the answer of the first.
        """
        known: str | None = None
        try:
            account = self._account(request)
            known = account.app_id
            answer = self._verify_url if request.method == "GET" else self._deliver
            return self._trusted(answer, request, account)
        except CallbackRefusedError as refusal:
            return self._refuse(refusal, known)
        except UnknownAccountError:
            return self._refuse(CallbackRefusedError(404, "no such account in this deployment"), known)
        except _OUR_FAULT as error:
            self.watch.failed(error, known)
            return Answer(503, "try again")

    def _account(self, request: HttpRequest) -> Account:
        if request.method not in ("GET", "POST"):
            raise CallbackRefusedError(405, "the method is neither GET nor POST")
        if len(request.body) > LARGEST_BODY:
            raise CallbackRefusedError(413, f"the body is larger than {LARGEST_BODY} bytes")
        if not is_app_id(request.app_id):
            raise CallbackRefusedError(404, "the path does not hold an app id")
        return self.accounts.get(request.app_id)

    def _refuse(self, refusal: CallbackRefusedError, known: str | None) -> Answer:
        self.watch.refused(refusal, known)
        return Answer(refusal.status, "refused")

    def _trusted[T](
        self, read: Callable[[HttpRequest, Account], T], request: HttpRequest, account: Account
    ) -> T:
        """Read a request; if our secrets do not vouch for it, look once whether they were changed."""
        try:
            return read(request, account)
        except UntrustedRequestError:
            newer = self.accounts.newer(account)
            if newer == account:
                raise
            return read(request, newer)

    def _verify_url(self, request: HttpRequest, account: Account) -> Answer:
        echo, use = verify_url(request, account, self.now(), self.tolerance)
        self._use(use)
        self.watch.verified(account.app_id)
        return Answer(body=echo)

    def _deliver(self, request: HttpRequest, account: Account) -> Answer:
        delivery = self.open(request, account, self.now(), self.tolerance)
        self._use(delivery.use)
        event = read_event(account.app_id, delivery.fields)
        if event.at > self.now() + self.tolerance:
            raise CallbackRefusedError(400, "the time of the event is ahead of the clock")
        opening = self._opening(event, account.settings)
        opened = opening[0] if opening is not None else None
        self.inbox.put(event, opened)
        self.watch.received(event, opened)
        if opening is None:
            return SUCCESS
        _, content, follower = opening
        message = render(content, follower, account.settings)
        reply = render_reply(event, delivery.fields.get("ToUserName", "").strip(), message)
        if delivery.encoding_aes_key is not None:
            reply = seal_reply(reply, account, delivery.encoding_aes_key, self.now())
        return Answer(body=reply, content_type=XML)

    def _use(self, use: SignatureUse | None) -> None:
        if use is not None and not self.signatures.use(use):
            self.watch.replayed(use.app_id)
            raise CallbackRefusedError(403, "the signature was used for another message before")

    def _opening(self, event: InboundEvent, account: AccountSettings) -> tuple[str, Content, Follower] | None:
        """The journey that answers this event, its opening, and the follower.

        The follower is read only if some journey may have an opening. An event whose follower cannot be read
        is queued without one.
        """
        names = {account.app_id: account.name}
        if self.followers is None or not may_open(event, self.entries, names):
            return None
        try:
            state = self.followers.read(event.subject.app_id, event.subject.openid)
        except FollowerUnreadableError as error:
            self.watch.opening_undecided(event, error)
            return None
        stranger = Follower(event.subject.app_id, event.subject.openid, person_id="")
        follower = changed(state.follower or stranger, account_language=account.language)
        entry = opens(event, state, follower, self.entries, names)
        if entry is None or entry.opening is None:
            return None
        return entry.name, entry.opening, follower
