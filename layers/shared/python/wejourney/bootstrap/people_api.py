"""The composition root of the API for the brand's own systems."""

from wejourney.adapters.aws.personal_data import KmsPersonalData
from wejourney.adapters.aws.queues import SqsInbox
from wejourney.adapters.aws.secret_keys import SecretKeys
from wejourney.adapters.aws.signed_client import Limits, SignedClient
from wejourney.adapters.dynamo.access_store import AccessStore
from wejourney.adapters.dynamo.loyalty.gift_store import GiftStore
from wejourney.adapters.dynamo.pending_event_store import PendingEventStore
from wejourney.adapters.dynamo.people_store import PeopleStore
from wejourney.adapters.dynamo.segment_store import SegmentStore
from wejourney.adapters.dynamo.table import Table
from wejourney.adapters.people_catalogue import load_people_rules
from wejourney.adapters.programme_catalogue import load_programme
from wejourney.clock import clock_from_environment
from wejourney.services.deliver_events import DeliverEvents
from wejourney.services.loyalty.gifts import Gifts
from wejourney.services.people_api.answer_request import AnswerRequest, ApiWatch
from wejourney.services.people_api.issue_gift_cards import IssueGiftCards
from wejourney.services.people_api.read_people import ReadPeople
from wejourney.services.people_api.take_events import TakeEvents
from wejourney.services.ports.accounts import AccountWatch
from wejourney.settings import setting

LIMITS = Limits(connect=1, read=3, attempts=3)


def answer_request(watch: ApiWatch, log: AccountWatch) -> AnswerRequest:
    clock = clock_from_environment()

    def client(service: str) -> SignedClient:
        return SignedClient(service, LIMITS, clock.real_now)

    table = Table(setting("FOLLOWERS_TABLE"), client("dynamodb"))
    keys = SecretKeys(client("secretsmanager"), setting("KEYS_SECRET_PREFIX"), clock.real_now, log)
    personal_data = KmsPersonalData(client("kms"), clock.real_now)
    inbox = SqsInbox(client("sqs"), setting("INBOX_QUEUE_URL"))
    people, profile = PeopleStore(table), load_people_rules().profile
    ledger = Table(setting("LEDGER_TABLE"), table.client)
    gifts = Gifts(GiftStore(ledger, table), people, load_programme(), profile, inbox, clock.now)
    return AnswerRequest(
        ReadPeople(people, SegmentStore(table), AccessStore(table), keys, personal_data, profile, clock.now),
        TakeEvents(
            people,
            DeliverEvents(people, PendingEventStore(table), inbox, clock.now, profile=profile),
            inbox,
            keys,
            profile,
            clock.now,
        ),
        IssueGiftCards(gifts, keys),
        watch,
    )
