"""What refunds were for, line by line: asked for only where an order has refunds, a page of orders in one call where possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from adapters.woocommerce.api import Listing, StoreApi
from adapters.woocommerce.payloads import Order, RefundDetail, refund_decoder, row_id
from adapters.woocommerce.walk import split
from plugin_core.errors import MissingScope, Refused, WrongAddress

_AT_ONCE = 100


class RefundLookup:
    """``GET /refunds`` where the store has it (and heeds ``include``), else ``/orders/{id}/refunds``; remembers which."""

    def __init__(self, api: StoreApi) -> None:
        self._api = api
        self._listable = True
        self.unreadable: set[int] = set()  # ids of refunds whose details are there but make no sense

    def details(self, orders: Iterable[Order]) -> dict[int, RefundDetail]:
        refunded = [order for order in orders if order.refunds]
        found: dict[int, RefundDetail] = {}
        wanted = [refund.id for order in refunded for refund in order.refunds]
        if self._listable and len(refunded) > 1:
            for start in range(0, len(wanted), _AT_ONCE):
                found |= self._listed(wanted[start : start + _AT_ONCE])
        for order in refunded:
            if any(refund.id not in found for refund in order.refunds):
                found |= self._of_order(order)
        return found

    def _listed(self, ids: Sequence[int]) -> dict[int, RefundDetail]:
        if not self._listable:
            return {}
        try:
            listing = self._api.page("refunds", {"include": ",".join(map(str, ids))}, per_page=_AT_ONCE)
        except (WrongAddress, Refused, MissingScope):  # stores before 9.0 have no such list
            self._listable = False
            return {}
        found = {refund.id: refund for refund in self._decoded(listing) if refund.id in ids}
        self._listable = bool(found)
        return found

    def _of_order(self, order: Order) -> dict[int, RefundDetail]:
        """An order trashed or deleted meanwhile has none: then its refunds name nothing, and the next pull settles it."""
        try:
            listing = self._api.page(f"orders/{order.id}/refunds", {}, per_page=_AT_ONCE)
        except Refused:
            return {}
        return {refund.id: refund for refund in self._decoded(listing)}

    def _decoded(self, listing: Listing) -> list[RefundDetail]:
        found = []
        for row in split(self._api, listing):
            try:
                found.append(refund_decoder.decode(row))
            except msgspec.MsgspecError:
                number = row_id(row)
                self.unreadable |= {int(number)} if number.isdigit() else set()
        return found
