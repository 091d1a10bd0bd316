"""What people complain of in other loyalty systems, and the tests that show that it is not so here.

Each test says which complaint it is about: `@pytest.mark.complaint(number="3")`. It runs what is deployed, on
real tables: a test of a pure function alone does not count. `uv run pytest -m complaint` runs all of them.
"""

import pytest

from tests.docs.marks import shown_by

COMPLAINTS = {
    "1": ("a return leaves the points that its order has earned", "frappe/erpnext#32951"),
    "2": ("points are farmed by buying and returning in a loop", "odoo/odoo#257854"),
    "3": ("a refund charges the points again that were spent on the order", "odoo/odoo#212922"),
    "4": ("a return of a part takes back the wrong share", "frappe/erpnext#14888"),
    "5": ("the balance is wrong after an order is cancelled and refunded", "nopSolutions/nopCommerce#5595"),
    "6": ("what expires is subtracted although it was spent", "FreeOpenSourcePOS/FloCafe#78"),
    "7": ("some amounts never expire", "liberusoftware/ecommerce-laravel#1056"),
    "8": ("an amount expires on another day than was said", "nexu-io/nexu#829"),
    "9": ("two requests at once spend the same points", "Nova-reward/Nova-Rewards#190"),
    "10": ("points are spent of an empty lot, and count as money spent", "promantia-ltd/POSpire#74"),
    "11": ("who spends points loses their tier", "DivanteLtd/open-loyalty#131"),
    "12": ("a basket earns by the wrong tier or amount", "frappe/erpnext#33550"),
    "13": ("whether a discount lowers what is earned is a surprise", "odoo/odoo#114004"),
    "14": ("two people who are merged keep two balances", "odoo/odoo#171706"),
    "15": ("the history lacks transactions", "odoo/odoo#211188"),
}
"""By number: what people complain of, and a report of it on GitHub."""

SHOWN = shown_by("complaint", "number")


@pytest.mark.parametrize("number", COMPLAINTS)
def test_every_complaint_has_a_test_of_what_is_deployed(number: str) -> None:
    shown = [test for test in SHOWN.get(number, ()) if test.startswith("functional/")]
    assert shown, f"no test shows that {COMPLAINTS[number]} does not apply"


def test_every_complaint_that_a_test_names_is_one_of_the_list() -> None:
    assert SHOWN.keys() <= COMPLAINTS.keys()
