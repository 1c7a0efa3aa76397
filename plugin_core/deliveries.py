"""Our own words for what stores send us by themselves: verified first, believed later, translated into what to do.

::

    bytes --verify--> Verified | Ping | Rejection          pure; nothing is kept but a Verified one
    body --translate--> what to do, a list of
        a Record          take it in as it is
        Amendment         take in what it says of an account; the rest stays as stored
        Refetch           the body is not enough, or not to be trusted: ask the store
        Retagged          ask the store, unless that is how the account's tags stand here already
        Repull            ask for all that changed lately in a resource
        StoreEvent        something about the store itself
        Ignore            nothing to do; the delivery is kept as ignored
        Unusable          nothing can be done by trying again: kept, and shown
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from plugin_core.records import CustomerRecord, Record


class Verified(NamedTuple):
    """Only the body is signed; address and time come from headers that are not, so nothing may hang on them alone."""

    topic: str  # the platform's own name
    resource_id: str  # external id; "" where the body names none
    event: str  # the same text for the same event delivered again; "" where each delivery counts (deletions)
    address: str = ""  # the store as the platform names it; "" where the URL names it
    triggered_at: int | None = None  # microseconds UTC
    headers: Mapping[str, str] = {}  # what is worth keeping for whoever looks into a failure


class Ping(NamedTuple):
    """The platform only wants to know whether somebody answers."""


class Rejection(NamedTuple):
    status: int  # HTTP
    reason: str  # one of a few words: refusals are counted by it


class Amendment(NamedTuple):
    """An account as far as the body speaks of it; tags and the platform's group stay as stored. One not known is asked for."""

    record: CustomerRecord
    only_consents: bool = False  # the body says nothing else


class Refetch(NamedTuple):
    resource: str
    external_ids: tuple[str, ...]
    with_orders: bool = False  # of accounts: also all orders we know of them
    unless_known: bool = False  # of accounts: nothing that we keep can have changed of one we have
    unless_refund: str = ""  # of one order: nothing to ask where it is known with this refund


class Retagged(NamedTuple):
    external_id: str
    tags: tuple[str, ...]
    added: bool  # else removed


class Repull(NamedTuple):
    resource: str


class StoreEvent(NamedTuple):
    kind: str  # uninstalled | facts | code_gone | code_changed | data_request | redact_customer | redact_shop
    subject: str = ""  # external id of what it is about
    email: str = ""  # of a person who has no account
    orders: tuple[str, ...] = ()  # external ids, where a person is known by them alone


class Ignore(NamedTuple):
    reason: str


class Unusable(NamedTuple):
    reason: str  # for people


Step = Record | Amendment | Refetch | Retagged | Repull | StoreEvent | Ignore | Unusable
