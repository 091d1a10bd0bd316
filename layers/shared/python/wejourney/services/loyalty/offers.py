"""Which offers of the programme apply to somebody now: the same answer at a till and in the chat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from wejourney.loyalty.benefits.offers import AsOf, Given, OfferTerms, WhyNotOffered, why_not_offered
from wejourney.loyalty.programme import Programme
from wejourney.messaging.contents import LocalizedText
from wejourney.people.followers import Follower
from wejourney.services.loyalty.ports import OfferRecords


@dataclass(frozen=True)
class Offers:
    """`membership` is the purpose of members."""

    records: OfferRecords
    programme: Programme
    now: Callable[[], datetime]
    membership: str = ""

    def given(self, offers: Mapping[str, OfferTerms], person: Follower) -> Given:
        """What was given of these offers before, and which of them a person has had, before a merge too."""
        return self.records.given(offers, (person.person_id, *person.merged, *person.merging))

    def why_not(
        self, offers: Mapping[str, OfferTerms], person: Follower, given: Given, zone: str = ""
    ) -> Mapping[str, tuple[WhyNotOffered, ...]]:
        """Why each of these offers does not apply to somebody now; where it does, nothing."""
        at = AsOf(self.now(), zone or self.programme.zone, self.membership, given)
        return {name: tuple(why_not_offered(name, terms, person, at)) for name, terms in offers.items()}

    def titles(self, person: Follower, given: Given) -> tuple[LocalizedText, ...]:
        """What messages call the listed offers that apply to somebody now."""
        listed = self.programme.listed_offers
        applying = self.applying(listed, person, given)
        return tuple(terms.shown_title for name, terms in listed.items() if name in applying)

    def applying(self, offers: Mapping[str, OfferTerms], person: Follower, given: Given) -> frozenset[str]:
        """Those of these offers that apply to somebody now."""
        return frozenset(name for name, why_not in self.why_not(offers, person, given).items() if not why_not)
