"""Put into the inbox what has come for people: dates, times of schedules, and days that move segments."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Protocol

from wejourney.errors import StaleFollowerError
from wejourney.journeys.calendar import next_look, of_the_calendar, what_came
from wejourney.journeys.definition import Trigger
from wejourney.journeys.routing import JourneyEntry
from wejourney.journeys.segments import NO_RULES, PeopleRules, look_again, next_change
from wejourney.loyalty.membership import reviewed
from wejourney.loyalty.tiers import Tiers
from wejourney.people.followers import Follower, where_following
from wejourney.services.live_runs import MAX_CONFLICT_RETRIES
from wejourney.services.ports.accounts import Accounts
from wejourney.services.ports.calendars import Calendars, Review
from wejourney.services.ports.environment import TimeSource
from wejourney.services.ports.inbox import Announcements

_DAY = timedelta(days=1)


class CalendarWatch(Protocol):
    """Is told of each person whom the calendar has looked at, by our own id."""

    def came(self, person_id: str, events: int) -> None: ...

    def failed(self, person_id: str, error: Exception) -> None:
        """A person could not be looked at; they will be again with the next sweep."""


@dataclass(frozen=True)
class LookAtCalendars:
    """Sweeps one shard of the calendar.

    Whoever is due is read, what has come for them is put into the inbox, and then the next moment is written.
    A sweep that dies before that is repeated: the events have the same ids, and change nothing again. The
    inbox decides by the profile as it is then (`receive`).
    """

    accounts: Accounts
    calendars: Calendars
    inbox: Announcements
    clock: TimeSource
    watch: CalendarWatch
    entries: tuple[JourneyEntry, ...]
    people_rules: PeopleRules = NO_RULES

    def __call__(self, shard: int, has_time: Callable[[], bool]) -> None:
        """Look at everybody who is due, then at all others if the journeys have changed."""
        for person_id in self.calendars.due(shard, self.clock.now()):
            if not has_time():
                return
            self._watched(self._look, person_id)
        self._review(shard, has_time)

    @cached_property
    def _triggers(self) -> tuple[Trigger, ...]:
        return of_the_calendar(entry.trigger for entry in self.entries)

    def _watched(self, look: Callable[[str], None], person_id: str) -> None:
        try:
            look(person_id)
        except Exception as error:  # noqa: BLE001 - the boundary of a person: the sweep goes on with the others
            self.watch.failed(person_id, error)

    def _look(self, person_id: str) -> None:
        """Put what has come for a person into the inbox, and plan the next look."""

        def look(person: Follower, now: datetime) -> None:
            if person.look_at is None or person.look_at > now:
                return
            follower, events = where_following(person), []
            if follower is not None:
                account = self.accounts.get(follower.app_id).settings
                came = what_came(self._triggers, follower, account, person.look_at, now)
                events = [one.event(follower) for one in came]
            change = next_change(person, self.people_rules, person.look_at - _DAY)
            if change is not None and change <= now:
                events.append(look_again(follower or person, change))
            if events:
                self.inbox.tell(events)
            self.calendars.plan(person, self._next_look(person, now))
            self.watch.came(person_id, len(events))

        self._decide(person_id, look)

    def _next_look(self, person: Follower, now: datetime) -> datetime:
        follower = where_following(person)
        app_ids = (follower.app_id,) if follower is not None else ()
        accounts = {app_id: self.accounts.get(app_id).settings for app_id in app_ids}
        moment = next_look(self._triggers, person, accounts, now)
        change = next_change(person, self.people_rules, now)
        return moment if change is None else min(moment, change)

    # --- other journeys or tiers than before ---------------------------------------------------------

    def _review(self, shard: int, has_time: Callable[[], bool]) -> None:
        """Plan the next look at everybody anew, a page at a time, if that was not done for these rules.

        Where points count for tiers, it is done each day: points also come without an event of the person. A
        review that takes longer than a day goes on.
        """
        day, review = self._day_of_tiers(), self.calendars.review(shard)
        is_of_these = review is not None and review.triggers == self._rules
        if review is None or not is_of_these or (review.cursor is None and review.day != day):
            review = Review(self._rules, day=day)
        while review.cursor is not None and has_time():
            page = self.calendars.page(shard, review.cursor)
            for person_id in page.person_ids:
                self._watched(self._plan, person_id)
            review = replace(review, cursor=page.cursor)
            self.calendars.save_review(shard, review)

    @cached_property
    def _rules(self) -> str:
        """A name for what everybody was looked at for."""
        tiers = self.people_rules.programme.tiers
        return _fingerprint(self._triggers, (tiers,) if tiers.levels else ())

    def _day_of_tiers(self) -> str:
        programme = self.people_rules.programme
        by_points = programme.tiers.levels and not programme.tiers.counter
        return programme.day_of(self.clock.now()).isoformat() if by_points else ""

    def _plan(self, person_id: str) -> None:
        def plan(person: Follower, now: datetime) -> None:
            if reviewed(person, self.people_rules.programme, now) is not person:
                cause = f"tier#{self._rules}#{self._day_of_tiers()}"
                self.inbox.tell([look_again(where_following(person) or person, now, cause)])
            if person.look_at is not None and person.look_at > now:
                look_at = self._next_look(person, now)
                if look_at != person.look_at:
                    self.calendars.plan(person, look_at)

        self._decide(person_id, plan)

    def _decide(self, person_id: str, decide: Callable[[Follower, datetime], None]) -> None:
        """Decide about a person as they are now, and again if they change meanwhile.

        Raises StaleFollowerError when they change all the time.
        """
        for _ in range(MAX_CONFLICT_RETRIES):
            person = self.calendars.person(person_id)
            if person is None:
                return
            try:
                decide(person, self.clock.now())
            except StaleFollowerError:
                continue
            return
        raise StaleFollowerError


def _fingerprint(triggers: Iterable[Trigger], tiers: Iterable[Tiers]) -> str:
    """A name for the moments that these triggers mean, and for these tiers."""
    moments = sorted(
        repr((one.event, one.name, one.offset, one.time, one.weekday, one.yearly)) for one in triggers
    )
    return hashlib.sha256("\n".join([*moments, *map(repr, tiers)]).encode()).hexdigest()
