"""Coupons in the table of the ledger, by the hash of their code, and how many of each were given."""

from dataclasses import dataclass

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import AlreadyDoneError, NoneLeftError, StaleBooksError, WejourneyError
from wejourney.loyalty.benefits.coupons import Coupon, CouponIssue
from wejourney.loyalty.benefits.secret_codes import hash_of
from wejourney.plain_data import from_plain

_COUPON = "COUPON"


@dataclass(frozen=True)
class CouponStore:
    table: Table

    def coupon(self, code: str) -> Coupon | None:
        item = self.table.get(_key(code))
        return None if item is None else from_plain(Coupon, columns_of(item)["data"])

    def use(self, code: str, coupon: Coupon) -> None:
        unused: Condition = Column("pk").exists() & Column("used_at").does_not_exist()
        used_at = coupon.used.at if coupon.used is not None else None
        try:
            self.table.put({**_row(code, coupon), "used_at": used_at}, unused)
        except RefusedWriteError as refused:
            raise AlreadyDoneError from refused


def add_issue(write: Transaction, issue: CouponIssue, ledger: Table) -> None:
    """Add to a transaction of DynamoDB what issues a coupon; NoneLeftError means that there are no more."""
    write.create(_row(issue.code, issue.coupon), table=ledger)
    if issue.stock is not None:
        take_one(write, f"coupon#{issue.coupon.name}", issue.stock, ledger)


def take_one(
    write: Transaction, of: str, stock: int, ledger: Table, refused: type[WejourneyError] = NoneLeftError
) -> None:
    """Take one of a stock of so many; `refused` means that they are gone."""
    given = Column("given")
    left: Condition = given.does_not_exist() | (given < stock)
    write.update(stock_key(of), [given.add(1)], left, refused, ledger)


def give_one_back(write: Transaction, of: str, ledger: Table) -> None:
    """One that was taken is there again."""
    write.update(stock_key(of), [Column("given").add(-1)], Column("given") >= 1, StaleBooksError, ledger)


def stock_key(of: str) -> Row:
    return row_key(f"STOCK#{of}", "STOCK")


def _key(code: str) -> Row:
    return row_key(f"{_COUPON}#{hash_of(code)}", _COUPON)


def _row(code: str, coupon: Coupon) -> Row:
    return {**_key(code), "data": packed(coupon)}
