"""Ask WeChat Pay for orders that were announced and whose notice never came, and for refunds under way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from wejourney.errors import InvalidSettingError, MissingSettingError, UnknownAccountError
from wejourney.merchants import Merchant
from wejourney.services.payments.report_payment import ReportPayment
from wejourney.services.ports.merchants import Merchants, PayQueries, PayRefusedError, PayUnavailableError
from wejourney.services.ports.open_orders import ASKED_AFTER, OpenOrder, OpenOrders
from wejourney.services.ports.orders import OrderReader
from wejourney.services.ports.payment_reports import PaymentSource
from wejourney.services.ports.payments import MerchantDirectory, PaymentWatch
from wejourney.wire.pay.events import PayEvent, read_payment, read_refund

MOST_AT_ONCE = 10_000
"""Orders of a run. Most are known by then, and closed without a query."""

_AGAIN_AFTER = timedelta(minutes=10)
_FAILS_FOR = timedelta(days=8)
_OVER = ("CLOSED", "REVOKED", "PAYERROR", "ABNORMAL")
"""States after which neither payment nor refund comes."""


class _NotAskedError(Exception):
    """No answer from one of the merchants that it may belong to; stays inside this module."""


@dataclass(frozen=True)
class _Known:
    """The merchants of the deployment, and those among them that can be asked."""

    ids: frozenset[str]
    askable: list[Merchant]

    def candidates(self, merchant_id: str) -> list[Merchant]:
        """Who is asked about an order of this merchant; empty: it is not known whose it is.

        A sub-merchant has no secret here: whoever may sell for it is asked.
        """
        if merchant_id in self.ids:
            return [merchant for merchant in self.askable if merchant.id == merchant_id]
        return self.askable


@dataclass(frozen=True)
class SweepOrders:
    directory: MerchantDirectory
    merchants: Merchants
    queries: PayQueries
    orders: OrderReader
    open_orders: OpenOrders
    report: ReportPayment
    watch: PaymentWatch
    now: Callable[[], datetime]

    def __call__(self, has_time: Callable[[], bool]) -> None:
        """Ask for what is due, MOST_AT_ONCE at most; the next call goes on. Raises what AWS raises."""
        known: _Known | None = None
        for order in self.open_orders.due(self.now(), MOST_AT_ONCE):
            if not has_time():
                return
            known = self._known() if known is None else known
            try:
                self._settle(order, known)
            except _NotAskedError:
                if self.now() - order.since > _FAILS_FOR:
                    self.open_orders.close(order)
                else:
                    self.open_orders.postpone(order, self.now() + _AGAIN_AFTER, asked=False)

    def _known(self) -> _Known:
        found, ids = list[Merchant](), self.directory.ids()
        for merchant_id in ids:
            try:
                merchant = self.merchants.get(merchant_id)
            except (InvalidSettingError, MissingSettingError, UnknownAccountError) as error:
                self.watch.failed(error, merchant_id)
                continue
            if merchant.request_key is not None:
                found.append(merchant)
        return _Known(frozenset(ids), found)

    def _settle(self, order: OpenOrder, known: _Known) -> None:
        """Close an order that is known, paid or over; ask again later for any other."""
        candidates = known.candidates(order.merchant)
        sellers = {merchant.id: order.merchant or merchant.id for merchant in candidates}
        if order.kind == "order" and any(
            self.orders.find(one, order.number) for one in set(sellers.values())
        ):
            self.open_orders.close(order)
            return
        states, is_asked = [], True
        for merchant in candidates:
            # Two merchants may have the same number for two orders, and one may not answer.
            seller = sellers[merchant.id]
            try:
                answer = self._ask(order, merchant, seller)
            except _NotAskedError:
                is_asked = False
                continue
            if answer is None:
                continue
            told = self._read(order, answer, merchant, seller)
            if told is not None and self.report(told, PaymentSource.QUERY, merchant.id):
                self.open_orders.close(order)
                return
            states.append(answer.get("trade_state", answer.get("status")))
        if not is_asked:
            raise _NotAskedError
        if states and all(state in _OVER for state in states):
            self.open_orders.close(order)
            return
        tries, times = order.tries + 1, ASKED_AFTER[order.kind]
        if tries == len(times):
            self.open_orders.close(order)
        else:
            self.open_orders.postpone(order, order.since + times[tries], asked=True)

    def _ask(self, order: OpenOrder, merchant: Merchant, seller: str) -> Mapping[str, Any] | None:
        ask = self.queries.order if order.kind == "order" else self.queries.refund
        try:
            return ask(merchant, seller, order.number)
        except PayUnavailableError as error:
            may_pass = not isinstance(error, PayRefusedError) or error.may_pass
            if may_pass or seller == merchant.id:
                self.watch.failed(error, merchant.id)
            if may_pass:
                raise _NotAskedError from None
            # It is not asked for ever: whoever announces orders may name any merchant and number.
            return None

    def _read(
        self, order: OpenOrder, answer: Mapping[str, Any], merchant: Merchant, seller: str
    ) -> PayEvent | None:
        if order.kind == "order":
            return read_payment(answer, merchant, self.now())
        return read_refund(answer, seller, self.now())
