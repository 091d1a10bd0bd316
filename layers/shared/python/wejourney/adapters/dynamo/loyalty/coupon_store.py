"""Coupons in the table of the ledger, by the hash of their code, and how many of each were given."""

from dataclasses import dataclass

from wejourney.adapters.dynamo.expressions import Column, Condition
from wejourney.adapters.dynamo.items import Row, columns_of, packed, row_key
from wejourney.adapters.dynamo.table import RefusedWriteError, Table, Transaction
from wejourney.errors import NoneLeftError, StaleBooksError, WejourneyError
from wejourney.loyalty.benefits.coupons import CodedCoupon, Coupon, CouponIssue
from wejourney.loyalty.benefits.secret_codes import hash_of
from wejourney.plain_data import from_plain

COUPON = "COUPON#"
"""The beginning of a pk."""


@dataclass(frozen=True)
class CouponStore:
    table: Table

    def coupon(self, code: str) -> Coupon | None:
        item = self.table.get(_key(hash_of(code)))
        return None if item is None else from_plain(Coupon, columns_of(item)["data"])

    def keep(self, coded: CodedCoupon) -> None:
        try:
            self.table.put(_row(coded), _is_before(coded.coupon))
        except RefusedWriteError as refused:
            raise StaleBooksError from refused


def add_coupon(write: Transaction, coded: CodedCoupon) -> None:
    """Add to a transaction of DynamoDB a coupon as it is after a change, or a new one."""
    write.put(_row(coded), _is_before(coded.coupon), StaleBooksError)


def add_issue(write: Transaction, issue: CouponIssue, ledger: Table) -> None:
    """Add to a transaction of DynamoDB what issues a coupon; NoneLeftError means that there are no more."""
    write.create(_row(CodedCoupon(hash_of(issue.code), issue.coupon)), table=ledger)
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


def _key(coupon_id: str) -> Row:
    return row_key(f"{COUPON}{coupon_id}", "COUPON")


def _row(coded: CodedCoupon) -> Row:
    return {**_key(coded.id), "data": packed(coded.coupon), "rev": coded.coupon.rev or None}


def _is_before(coupon: Coupon) -> Condition:
    """Whether the row is as it was before the last change; a new coupon has none."""
    if not coupon.rev:
        return Column("pk").does_not_exist()
    rev = Column("rev")
    return rev == coupon.rev - 1 if coupon.rev > 1 else Column("pk").exists() & rev.does_not_exist()
