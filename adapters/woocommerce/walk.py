"""Two ways through a list that changes while we read it, so that no record is lost: by modification time, and by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw

from adapters.woocommerce.api import Listing, StoreApi
from adapters.woocommerce.payloads import row_id, row_modified, rows_decoder
from plugin_core.errors import BadAnswer, Refused, Throttled, Transient, Unreachable

Params = Mapping[str, str | int]

_SECOND = timedelta(seconds=1)


class CannotWalk(Exception):
    """The store can't list by modification time (too old, or it ignores the filter): walk by id instead."""


class Resized(Exception):
    """The page size went down on the way; page numbers of before mean nothing any more."""


class ModifiedStep(NamedTuple):
    rows: list[Raw]
    since: datetime | None  # where to go on from
    newest: datetime | None
    total: int | None
    store_time: float


class IdStep(NamedTuple):
    rows: list[Raw]
    page: int  # the next page to read at ``size``; 0 once the walk is through
    size: int
    top: int  # the highest id seen
    newest: datetime | None
    total: int | None
    store_time: float


def window(since: datetime | None) -> Params:
    """``modified_after`` as naive UTC with dates_are_gmt: an offset in the value would be applied on top of it."""
    return (
        {} if since is None else {"modified_after": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "dates_are_gmt": "true"}
    )


def by_modified(api: StoreApi, endpoint: str, params: Params, since: datetime | None, zone: ZoneInfo) -> Iterator[ModifiedStep]:
    """Always the first page, with the cursor moved on: a record edited meanwhile only moves ahead of us.

    The filter is strictly-greater with a grain of one second, so the cursor stays a second behind the newest record and the
    repeats are dropped. Only where one second holds more than a page are page numbers used, and then looked through once
    more backwards, since a record that leaves that second shifts the others down by one.
    """
    page, known = 1, set[tuple[str, datetime | None]]()
    while True:
        ordered = {**params, **window(since), "orderby": "modified", "order": "asc", "page": page}
        try:
            listing = _list(api, endpoint, ordered)
        except Resized:
            page = 1
            continue
        except Refused as refused:
            if refused.code in ("rest_invalid_param", "400"):
                raise CannotWalk from None
            raise
        stamped = [(row, (row_id(row), row_modified(row, zone))) for row in split(api, listing)]
        stamps = [stamp for _, (_, stamp) in stamped if stamp is not None]
        if since is not None and stamps and min(stamps) <= since:
            raise CannotWalk
        fresh = [row for row, key in stamped if key not in known]
        known |= {key for _, key in stamped}
        newest = max(stamps, default=None)
        more = _more(listing, page, len(stamped), api.per_page)
        moves = newest is not None and (since is None or newest - _SECOND > since)
        if page > 1 and (moves or not more):
            for earlier in range(page - 1, 0, -1):
                again = _list(api, endpoint, {**ordered, "page": earlier})
                slid = [row for row in split(api, again) if (row_id(row), row_modified(row, zone)) not in known]
                fresh += slid
        if moves and newest is not None:
            since, page = newest - _SECOND, 1
            known = {key for key in known if key[1] == newest}
        else:
            page += 1
        yield ModifiedStep(fresh, since, newest, listing.total, listing.store_time)
        if not more:
            return


def by_id(
    api: StoreApi, endpoint: str, params: Params, zone: ZoneInfo, *, page: int = 0, size: int = 0, top: int = 0
) -> Iterator[IdStep]:
    """Ordered by id, from the last page to the first: a record deleted meanwhile shifts others only to pages still to come.

    New records get higher ids; they are picked up from the end once the first page is done.
    ``page``, ``size`` and ``top`` continue a walk that was interrupted.
    """
    params = {**params, "orderby": "id", "order": "asc"}
    start = page <= 0
    while True:
        if start:
            try:
                first = _list(api, endpoint, {**params, "page": 1})
            except Resized:
                continue
            page, size, start = max(1, first.pages or 1), api.per_page, False
            if first.pages is None:
                raise BadAnswer(
                    "The list has no X-WP-TotalPages header.",
                    store=api.store,
                    mend="A proxy or cache takes headers away: let them through.",
                )
            if page > 1:
                continue
            listing = first
        else:
            try:
                page, size = _rescaled(page, size, api.per_page)
                listing = _list(api, endpoint, {**params, "page": page})
            except Resized:
                continue
        rows = split(api, listing)
        top = max(top, *(_number(row) for row in rows), 0)
        page -= 1
        yield IdStep(rows, page, size, top, _newest(rows, zone), listing.total, listing.store_time)
        if page == 0:
            yield from _tail(api, endpoint, params, zone, listing, top)
            return


def _tail(api: StoreApi, endpoint: str, params: Params, zone: ZoneInfo, first: Listing, top: int) -> Iterator[IdStep]:
    last = first.pages or 1
    for page in range(last, 1, -1):
        listing = _list(api, endpoint, {**params, "page": page})
        new = [row for row in split(api, listing) if _number(row) > top]
        if new:
            highest = max(_number(row) for row in new)
            yield IdStep(new, 0, api.per_page, highest, _newest(new, zone), listing.total, listing.store_time)
        if len(new) < len(split(api, listing)) or not new:
            return


def split(api: StoreApi, listing: Listing) -> list[Raw]:
    try:
        return rows_decoder.decode(listing.rows)
    except msgspec.MsgspecError:
        raise BadAnswer("A list came that can't be read.", store=api.store) from None


def _list(api: StoreApi, endpoint: str, params: Params) -> Listing:
    while True:
        try:
            return api.page(endpoint, params, per_page=api.per_page)
        except (Throttled, Unreachable):
            raise
        except Transient:
            if not api.smaller_pages():
                raise
            if params.get("page", 1) != 1:
                raise Resized from None


def _more(listing: Listing, page: int, rows: int, per_page: int) -> bool:
    return page < listing.pages if listing.pages is not None else rows >= per_page


def _rescaled(page: int, size: int, per_page: int) -> tuple[int, int]:
    """The page that holds the last of the first ``page * size`` records when pages hold ``per_page``."""
    return (page, size) if size == per_page else (-(-page * size // per_page), per_page)


def _number(row: Raw) -> int:
    text = row_id(row)
    return int(text) if text.isdigit() else 0


def _newest(rows: list[Raw], zone: ZoneInfo) -> datetime | None:
    return max((stamp for stamp in (row_modified(row, zone) for row in rows) if stamp is not None), default=None)
