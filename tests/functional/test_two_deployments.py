"""One process works with the tables of two deployments at once."""

from tests.support.builders import APP_ID, OPENID, SUBJECT, erasure_of
from tests.support.servers.dynamodb import create_table, store_client
from tests.support.world import World
from wejourney.adapters.dynamo.follower_store import FollowerStore
from wejourney.adapters.dynamo.loyalty.books_store import BooksStore
from wejourney.adapters.dynamo.table import Table
from wejourney.journeys.action_types import AwardAction
from wejourney.people.followers import Follower


def test_two_stores_of_one_process_read_and_write_their_own_region_and_table(
    dynamodb: str, followers: FollowerStore
) -> None:
    create_table(dynamodb, "FollowersTable", name="theirs", region="eu-west-1")
    there = FollowerStore(Table("theirs", store_client(dynamodb, "eu-west-1")))
    ours, theirs = (Follower(APP_ID, OPENID, person) for person in ("ours", "theirs"))
    for store, follower in ((followers, ours), (there, theirs)):
        store.save(None, follower)
        store.save(follower, follower.tagged([follower.person_id], []))

    for store, person in ((followers, "ours"), (there, "theirs"), (followers, "ours")):
        found = store.read(APP_ID, OPENID).follower
        assert found == store.read(APP_ID, OPENID).follower
        assert found is not None
        assert (found.person_id, *found.tags) == (person, person)

    there.erase(SUBJECT, erasure_of(*["theirs"]))
    assert there.read(APP_ID, OPENID).follower is None
    assert followers.read(APP_ID, OPENID).follower is not None


def test_a_run_of_one_deployment_posts_in_its_own_books_only(dynamodb: str, world: World) -> None:
    for resource in ("FollowersTable", "LedgerTable"):
        create_table(dynamodb, resource, region="ap-east-1")
    there = store_client(dynamodb, "ap-east-1")
    elsewhere = BooksStore(Table("LedgerTable", there), Table("FollowersTable", there))
    run, person_id = world.run(), world.follower().person_id
    world.perform(run, AwardAction("1", points=5, reason="welcome"))

    assert (world.ledger.books(person_id).available, elsewhere.books(person_id).available) == (5, 0)
