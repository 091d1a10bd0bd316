"""What a simulation needs before anybody acts: the journeys as they would be deployed, and the people."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from wejourney.allowances.wechat_rules import RULE_SETS, Reading, RuleSet
from wejourney.events.event_types import OF_THE_CALENDAR, EventBody
from wejourney.journeys.answers import Question
from wejourney.journeys.routing import JourneyEntry, all_subscribed_kinds
from wejourney.journeys.segments import NO_RULES, PeopleRules
from wejourney.loyalty.benefits.secret_codes import new_code
from wejourney.messaging.account_settings import AccountKind, AccountSettings
from wejourney.people.followers import Follower, WeChatUserInfo
from workbench.compiler.catalogue import catalogue_of
from workbench.language.journey import Journey
from workbench.language.questions import menus_shown, question_of
from workbench.language.step_types import Ask

APP_ID = "wxsimulated"
OFFICIAL_ACCOUNT: AccountKind = "official_account"


def simulated_account(rules: RuleSet = RULE_SETS["current"], **settings: Any) -> AccountSettings:
    """An account without secrets: nothing of a simulation leaves the machine."""
    return AccountSettings(APP_ID, rules=rules, **settings)


def simulated_code(cause: str) -> str:
    """The secret code that a cause has in every simulation: nobody could use it."""
    digest = iter(hashlib.sha256(cause.encode()).digest())
    return new_code(lambda most: next(digest) % most)


@dataclass(frozen=True)
class SimulatedDeployment:
    """The journeys that are played together, and the account that they run in.

    People act in that account unless an act names another one (`account_named`). Where a journey names its
    account, it is that of the first that does.

    `subscribed_kinds` are the kinds of events of our own that one of them reacts to, as in a deployment.
    `by_calendar` are the entries that a date or a schedule sets off. `read` keeps the contents that read
    the same for all people of a language, `questions` what each `ask` takes for an answer. WeChat follows
    this `reading` of its rules (None: it takes whatever is tried).
    """

    journeys: Mapping[str, Journey]
    entries: tuple[JourneyEntry, ...]
    account: AccountSettings
    subscribed_kinds: frozenset[str]
    by_calendar: tuple[JourneyEntry, ...]
    read: dict[tuple[int, str], Mapping[str, Any]] = field(default_factory=dict, compare=False)
    questions: dict[int, Question] = field(default_factory=dict, compare=False)
    reading: Reading | None = Reading.APART
    people: PeopleRules = NO_RULES

    @classmethod
    def of(
        cls, journeys: Iterable[Journey], account: AccountSettings, people: PeopleRules = NO_RULES
    ) -> "SimulatedDeployment":
        """These journeys, deployed, and what is found out about people."""
        played = {journey.name: journey for journey in journeys}
        name = next((journey.speaks_to for journey in played.values() if journey.speaks_to), "")
        account = replace(account, name=account.name or name or OFFICIAL_ACCOUNT)
        entries = tuple(catalogue_of(played.values()))
        by_calendar = tuple(entry for entry in entries if entry.trigger.event in OF_THE_CALENDAR)
        kinds = all_subscribed_kinds(entries).union(people.subscribed_kinds)
        return cls(played, entries, account, kinds, by_calendar, people=people)

    @cached_property
    def is_reviewed(self) -> bool:
        """Whether a day alone can change something of people: their tier, or a segment."""
        return bool(self.people.programme.tiers.levels or self.people.counter_tests)

    def account_named(self, name: str) -> AccountSettings:
        """The account that journeys call so; without a name, the one in which people act."""
        if name in ("", self.account.name):
            return self.account
        return replace(self.account, app_id=f"{self.account.app_id}-{name}", name=name)

    def account_of(self, app_id: str) -> AccountSettings:
        """The account with this app id."""
        return self.account_named(app_id.removeprefix(self.account.app_id).removeprefix("-"))

    def question(self, ask: Ask, journey: Journey) -> Question:
        """What a step of this journey takes for an answer."""
        known = self.questions.get(id(ask))
        if known is None:
            known = self.questions[id(ask)] = question_of(ask, menus_shown(journey))
        return known


@dataclass(frozen=True)
class ScriptedEvent:
    """Something that a person does, or that happens to them, `after` so long; negative: before the start.

    It happens in the `account` of this name; without one, in that of the simulation.
    """

    after: timedelta
    body: EventBody
    account: str = ""


@dataclass(frozen=True)
class Person:
    """Somebody who lives through journeys from `start` on (UTC).

    `before` is what the brand knows of them beforehand. `acts` count from the start, `answers` (by
    question) from the moment that the question is asked. `known` is what WeChat tells when they follow,
    `grants` how many notices of each template they have agreed to.
    """

    name: str
    start: datetime
    before: Follower
    acts: tuple[ScriptedEvent, ...] = ()
    answers: Mapping[str, ScriptedEvent] = field(default_factory=dict)
    known: WeChatUserInfo = field(default_factory=WeChatUserInfo)
    grants: Mapping[str, int] = field(default_factory=dict)
