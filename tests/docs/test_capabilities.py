"""What the product can do, row by row, and the tests that show it.

Each test says which row it shows: `@pytest.mark.capability(row="C18")`. `uv run pytest -m capability` runs
all of them, `uv run pytest -m 'capability(row="C18")'` those of one row.
"""

import pytest

from tests.docs.marks import shown_by

ROWS = {
    # Sources.
    "C1": "an official account: events plain and encrypted; forged ones rejected; told thrice, one effect",
    "C2": "its menu: a click allows three messages in a minute, an opened page none; both counted by key",
    "C3": "QR codes: two ways into the account, one attribution",
    "C4": "how somebody came to follow: a branch for each documented way, and one for what is new",
    "C8": "a mini program: forged sessions rejected, events of an offline phone once and in their order",
    "C9": "codes of a mini program: from the scan to the purchase, who shared it; many at WeChat's pace",
    "C10": "advertisements: a follow has its campaign; impressions are not told for a person",
    "C11": "WeChat Pay: 15 notices, one effect; tampered ones rejected; a lost one found by asking",
    "C14": "user information: none on record without a consent; withdrawn, it is gone and the ledger stays",
    "C15": "one Open Platform account: any order of openids and union ids gives the same people",
    "C18": "marketplaces: a file imported twice changes nothing; orders wait until their person is known",
    "C19": "Weibo: a source of followers, who can be put into a segment",
    "C21": "stores: a purchase at a till has the points and the branch of one online",
    "C22": "live streams: a peek earns nothing, a whole class once",
    "C23": "photos: a rejected one earns nothing, one approved days later does, up to a limit",
    "C24": "events in the real world: to register is not to attend; a second scan is ignored",
    "C25": "posts of key opinion leaders: a code for each, its funnel and revenue, and scans from elsewhere",
    "C27": "gifts of points or coupons: one claim a code; what nobody claims goes back; all sums to zero",
    # What is known of people, and what happens with them.
    "1": "the lifecycle moves along declared ways, each by an event, and can start a journey",
    "2": "any order of the events of a person gives the same person",
    "3": "a return takes back what exactly its lines brought",
    "11": "one timeline of all sources, by one query",
    "13": "a reminder moves with its booking, to later and to sooner",
    "14": "a payment in a store changes the next message online",
    "18": "whoever has bought before is greeted as such when they follow",
    "28": "whoever travels is in a segment, and is spoken to in the hours of where they are",
    "29": "only the people of a segment are spoken to, as many as it says",
    "30": "a voice message reaches the staff, a place leads to the store near it",
    "31": "a photo starts a journey or reaches the staff",
    "32": "a scan in another account of one Open Platform finds the person who is known",
    "33": "coming near a place starts a journey once a day",
    "35": "a person is found by few calls; an export has all that is on record",
    "37": "a game gives by its score, once a round, up to its limits; a board has the best of all rounds",
    "38": "a yes to the question of a QR code opts in; no marketing before it, none after its withdrawal",
    "45": "every source tells events of one registry; what is unknown is kept",
    "47": "clicks, scans and page views are on one timeline, in order, once",
    "48": "whoever has looked and not bought is spoken to, buyers are not",
    "49": "a group-buy is complete by its last joiner, at any load; else each hears that it failed, once",
    "50": "what people view through a poster that is shared counts for it, and they are known by it",
    "51": "whoever brought a friend is rewarded for the friend's first order; nobody for themselves or twice",
    "58": "phone numbers, addresses and names are encrypted with a key of the person",
    "59": "no command that lists shows one of them, and no log",
    "60": "two union ids on one phone are left to a human",
    "61": "a coupon is issued to whom a journey finds to qualify, once, and used once in its days",
    "62": "who usually writes in the evening gets a message then; a split compares it with a fixed hour",
    "63": "other systems hear of every event at least once by its id, and again from any time on",
    "64": "people hear what a year of purchases has earned; when they join it is theirs, in one transaction",
    "65": "the friend and whoever brought them are credited once; an unfollow within a day takes it back",
    "66": "what somebody has earned in a mini program and by paying is one sum that waits for them",
    "67": "the first who scans the code of a till in time is served; who is late or second is refused",
    "68": "each kind of event earns as its rule says, for members and others, up to its limits at any load",
    "69": "who comes to an event of the brand and scans its code earns, once; who only books does not",
    "70": "of two tills that want the last gift one gets it, with the points that it costs",
    "71": "who never signs up earns, and has a tier with its benefits",
    "72": "a union id has any length, and none outside of its Open Platform account",
    "74": "six counters over 7, 30 and 365 days, exact at their edges",
    "75": "two profiles have two offers, and each refusal its reasons",
    "76": "a rule for the past: its liability is shown before it is posted, and it is posted once",
    "82": "recency, frequency and value, kept event by event, are those of all events at once",
    "93": "the same events give the same summary, and each of its statements names them",
    "97": "three time zones by two languages; amounts in another currency are never added to fen",
    "98": "what somebody is told of points is on a statement: each transaction, expiries too, and balance",
    "100": "no rule needs a member unless it says so",
    "101": "apps and merchants that do not lead to one union id are warned of after a deployment",
}
"""The rows by name, each with what its tests show."""


SHOWN = shown_by("capability", "row")


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_shown_by_a_test(row: str) -> None:
    assert SHOWN.get(row), f"no test shows {row}: {ROWS[row]}"


def test_every_row_that_a_test_names_is_one_of_the_list() -> None:
    assert SHOWN.keys() <= ROWS.keys()
