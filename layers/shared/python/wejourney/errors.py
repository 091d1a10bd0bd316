"""The errors that a state machine names, and those that more than one layer raises or catches.

`Retry` and `Catch` of a compiled journey match what leaves a task by these names. Every other error lives
with its raiser, or with the port that promises it.
"""

import re

_REQUEST_ID = re.compile(r"\brid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}\b")
"""WeChat's id of a call, as it stands in an `errmsg`."""


class WejourneyError(Exception):
    """The root: catch this to catch everything the product raises on purpose."""


class CallbackRefusedError(WejourneyError):
    """A request to the callback that WeChat cannot have sent, or that is too late or too large.

    `status` is the HTTP status to answer with; `reason` is one line for the log, free of secrets.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class MalformedEventError(WejourneyError):
    """An inbox message that can never be applied: it goes to the dead letters with this reason."""


class NewerDataError(WejourneyError, KeyError):
    """Data with a field, kind or action that this version of the code does not know: a newer version's.

    While a stack is updated, its functions, catalogue and state machines may be of two versions. What raises
    this is tried again until the function is updated.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not known to this version of the function: is an update under way?")

    __str__ = Exception.__str__


class ProfileFullError(MalformedEventError):
    """More is to be saved of a follower than a profile holds."""

    def __init__(self, size: int, most: int) -> None:
        what = "tags, segments, attributes and dates"
        super().__init__(f"{size:,} bytes of {what} (as JSON in ASCII), of which a profile holds {most:,}")


class MissingSettingError(WejourneyError):
    def __init__(self, name: str, where: str) -> None:
        super().__init__(f"{name} is missing from {where}")
        self.name = name


class InvalidSettingError(WejourneyError):
    """A setting that cannot be used; `expected` says what could be. The text never holds the value."""

    def __init__(self, name: str, where: str, expected: str) -> None:
        super().__init__(f"{name} in {where} must be {expected}")
        self.name = name
        self.expected = expected


class UnknownAccountError(WejourneyError):
    """No secret exists for this app id: the account is not set up in this deployment."""

    def __init__(self, app_id: str) -> None:
        super().__init__(f"no WeChat account {app_id} in this deployment")


class UnfinishedErasureError(WejourneyError):
    """A follower has more rows than are deleted at once: the next attempt deletes more."""

    def __init__(self) -> None:
        super().__init__("the erasure goes on with the next attempt")


class StaleFollowerError(WejourneyError):
    """Another writer changed the follower first: read it again and decide anew."""

    def __init__(self) -> None:
        super().__init__("the follower changed meanwhile")


class AlreadyDoneError(WejourneyError):
    """The effect with this key is on record already."""


class PostponedError(WejourneyError):
    """A task that is too early. The text is when it can go on (UTC): the state machine waits until then."""

    def __init__(self, until: str) -> None:
        super().__init__(until)


class NotYetError(PostponedError):
    """The wait before the task is not over: the follower has moved to another time zone."""


class QuietHoursError(PostponedError):
    """It is quiet where the follower is, and they did nothing that the run answers."""


class TooManyWritesError(WejourneyError):
    """An event with more effects than one transaction takes."""

    def __init__(self, writes: int, most: int) -> None:
        super().__init__(f"{writes} rows at once, of which DynamoDB takes {most}")


class FollowerGoneError(WejourneyError):
    """The follower unfollowed and was erased."""


class RunEndedError(WejourneyError):
    """A goal, an exit or another journey has ended this run: it does nothing more."""


class AnsweredError(WejourneyError):
    """What a wait waits for won against its time limit: the run goes back to the wait and takes it."""


class PostingConflictError(WejourneyError):
    """The idempotency key of this posting is in use with other contents."""

    def __init__(self, key: str) -> None:
        super().__init__(f"posting {key} exists with other contents")


class InvalidAmountError(WejourneyError):
    """An amount of the books is no whole number above zero."""

    def __init__(self, amount: object) -> None:
        super().__init__(f"{amount!r} is no whole number above zero")


class UnknownAssetError(WejourneyError):
    """The programme does not declare this asset, so that none of it is issued."""

    def __init__(self, asset: str) -> None:
        super().__init__(f"the programme has no asset {asset!r}")
        self.asset = asset


class TooLittleError(WejourneyError):
    """There is less than is asked for: `there`, of what is spent, held, captured or taken back."""

    def __init__(self, asked: int, there: int) -> None:
        super().__init__(f"{asked} asked for, {there} there")
        self.asked, self.there = asked, there


class StaleBooksError(WejourneyError):
    """The books of a person have changed since they were read. Read them, and decide again."""


class UnknownTransactionError(WejourneyError):
    """The books have no transaction of this id."""


class UnknownHoldError(WejourneyError):
    """Nothing is held under this id: it was captured, released or never there."""


class NoneLeftError(WejourneyError):
    """As many of these coupons or gifts as there are have been given."""


class StaleCountsError(WejourneyError):
    """The counts of a journey, or of QR codes, have changed since they were read. Try again."""

    def __init__(self, group: str) -> None:
        super().__init__(f"the counts of {group} have changed")


class LedgerBusyError(WejourneyError):
    """Other writers keep changing this account; the posting was not made. Try again."""

    def __init__(self, key: str) -> None:
        super().__init__(f"posting {key} could not be made")


class MessageNotSentError(WejourneyError):
    """A message was refused and its step declares what happens then.

    Step Functions keeps this text, so it does not hold the reason: that may quote WeChat.
    """

    def __init__(self, step: str) -> None:
        super().__init__(f"{step}: not sent; the follower's timeline has the reason")


class NoAllowanceError(WejourneyError):
    """No act of the follower allows a message now; WeChat would refuse the call."""


class WeChatError(WejourneyError):
    """WeChat's API answered with an error.

    `errcode` is WeChat's number (0 where there is none) and `errmsg` its text, which may quote an openid or
    what was sent. So the error's text holds only the request id of it that WeChat support asks for, our own
    `detail`, and `advice`, which tells an operator what to do, where there is something to do.
    """

    def __init__(self, errcode: int, errmsg: str = "", advice: str = "", *, detail: str = "") -> None:
        request_id = _REQUEST_ID.search(errmsg)
        parts = (str(errcode), detail, request_id[0] if request_id else "", f"({advice})" if advice else "")
        super().__init__(" ".join(filter(None, parts)))
        self.errcode = errcode
        self.errmsg = errmsg
        self.advice = advice
        self.detail = detail

    @property
    def verbatim(self) -> str:
        """The text with WeChat's own: only for rows that are erased with the follower."""
        return f"{self}: {self.errmsg}" if self.errmsg else str(self)


class WeChatBusyError(WeChatError):
    """The call was certainly not carried out, or repeats nothing: try it again.

    System busy, too many calls this minute, no connection; for a token or a profile also no answer.
    """


class TokenRejectedError(WeChatError):
    """The access token is wrong or over: refresh it once and try once more."""


class DailyQuotaSpentError(WeChatError):
    """The account's messages for the day are used up: nothing more leaves until the day is over."""


class WindowClosedError(WeChatError):
    """WeChat counts fewer allowances than we do: take its word."""


class FollowerUnreachableError(WeChatError):
    """This follower cannot be written to: unfollowed, blacklisted or refusing messages."""


class ContentRejectedError(WeChatError):
    """WeChat refuses this content: it needs a marketer, not a retry."""


class CodeRejectedError(WeChatError):
    """A mini program's code for a login or a phone number is wrong, used or over, or its owner is blocked."""


class AccountMisconfiguredError(WeChatError):
    """Secret, IP allow-list or API rights are wrong: it needs an operator, not a retry."""


class AccountPausedError(AccountMisconfiguredError):
    """WeChat rejects the tokens that it has just given: it needs an operator, and messages wait meanwhile."""


class UnrecognisedRefusalError(WeChatError):
    """WeChat refused with a code that is not in `wejourney.messaging.wechat_errors`: it needs an operator."""


class SendOutcomeUnknownError(WejourneyError):
    """The request left and WeChat's word on it did not come.

    WeChat has no idempotency key, so a retry may repeat it.
    """
