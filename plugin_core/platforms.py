"""The port to a store's platform. Adapters implement it; the registry in the composition root finds them by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from plugin_core.deliveries import Ping, Rejection, Step, Verified
from plugin_core.records import Page


class Capability(StrEnum):
    CUSTOMER_TAGS = "customer_tags"  # the store can show tags on a customer
    CUSTOMER_BOUND_CODES = "customer_bound_codes"  # a code can be bound to an account (else: to an e-mail address)
    GUEST_CODES = "guest_codes"  # a code can be bound to someone without an account
    CONSENT = "consent"  # a person's consent can be written to the store
    CHECKOUT_LINKS = "checkout_links"  # an abandoned checkout has a link that restores it


class StoreFacts(NamedTuple):
    """Read once at connect and again at each full sync."""

    external_id: str  # the platform's id of the shop
    name: str
    currency: str
    zone: str  # IANA name
    country: str = ""
    version: str = ""
    url: str = ""  # the shop's public address
    scopes: tuple[str, ...] = ()
    capabilities: frozenset[Capability] = frozenset()
    notes: tuple[str, ...] = ()  # things the merchant should know ("coupons are switched off in this store")
    details: Mapping[str, object] = {}  # JSON-able, for the adapter's own use (kept in Store.facts)


class ConnectionInfo(NamedTuple):
    """All an adapter may know of a store. ``credentials`` are decrypted, for this call chain only."""

    store: str  # the store's key, for messages
    address: str  # shop domain or site URL
    credentials: Mapping[str, str]
    currency: str = ""
    zone: str = "UTC"
    facts: Mapping[str, object] = {}  # StoreFacts.details as stored
    # StoreSettings' own fields, and "former_tag_prefixes": tags that begin so may be removed, never added.
    settings: Mapping[str, object] = {}  # the store's own: {"counted_statuses": [...], "consent_meta_key": ..., ...}
    renew: Callable[[], Mapping[str, str]] | None = None  # fresh credentials after a 401, where the platform has them


class CodeSpec(NamedTuple):
    """A personal discount code. Bound to ``customer_id`` where the platform can, and to ``email`` where it can."""

    code: str
    title: str  # e.g. "Comeback winback 60 days"; how our own code is recognised again
    reference: str  # "{campaign_key}:{step}:{customer_key}:{round}", stored with the code in the store
    percent: int  # 1..100, whole percent
    starts_at: int  # microseconds UTC
    expires_at: int
    customer_id: str = ""
    email: str = ""
    minimum: int | None = None  # smallest basket, minor units of the store's currency


class CreatedCode(NamedTuple):
    code: str
    external_id: str
    adopted: bool = False  # it existed already with our reference: an earlier try had got through


class MadeCode(NamedTuple):
    """A code we made or may have made; without ``external_id`` the store's answer never came."""

    code: str
    reference: str
    external_id: str = ""


class CodeTerms(NamedTuple):
    """What a code gives, to whom and until when, as it stands in the store."""

    active: bool  # False: switched off or run out
    percent: int | None  # of the whole order; None: something else
    expires_at: int | None  # whole seconds, as microseconds UTC; None: never
    uses: int | None  # None: any number
    bound: bool  # only somebody in particular may use it
    narrowed: bool  # it holds for some goods only, or from a sum on


class CodeStanding(NamedTuple):
    code: MadeCode  # with its external id, where the store has it
    state: str  # unused | used | gone (or somebody else's)
    terms: CodeTerms | None = None  # None: gone, or of another kind than we make


class ProfileWrite(NamedTuple):
    """Bring one account's status in the store to what we want it to be.

    ``fields`` holds every field of ours by its bare name (``points``, ``tier``, ``referral_code``, ``segments``,
    ``lifecycle``); ``None`` removes it. Tags are the full new and gone sets, all with our prefix.
    """

    customer_id: str  # external
    fields: Mapping[str, str | int | None]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


class WriteResult(NamedTuple):
    customer_id: str
    ok: bool
    gone: bool = False  # no such customer any more
    error: str = ""  # for people
    retry: bool = False  # worth another try
    calls: int = 0  # store calls this write is charged with (shared calls are charged to their first write)


class WebhookChanges(NamedTuple):
    """External ids of the webhooks that were made, switched on again (they had missed something) or brought up to date."""

    made: tuple[str, ...] = ()
    revived: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


# (resource, external ids) -> {external id: (modified_at, content_hash)} of those that are stored
Known = Callable[[str, Sequence[str]], Mapping[str, tuple[int, str]]]


class StoreClient(Protocol):
    """Talks to one store. Raises only plugin_core.errors.StoreError and its children. One object per call chain and thread."""

    known: Known | None  # set by the caller of pull: what is stored already, so that the same again need not be translated

    def facts(self) -> StoreFacts: ...

    def pull(self, resource: str, cursor: Mapping[str, object] | None, *, full: bool = False) -> Iterator[Page]:
        """Pages of ``resource`` ("products", "customers", "orders", "checkouts") from ``cursor`` on (None: from the beginning).

        The last cursor of a pull is also the start of the next, incremental one. ``full`` asks for everything again; a cursor
        that belongs to an unfinished full pull is continued. Never holds more than a page in memory.
        """
        ...

    def fetch(self, resource: str, external_ids: Sequence[str]) -> Page:
        """Named records, as they are now; those that are gone come as Deletion."""
        ...

    def create_code(self, spec: CodeSpec) -> CreatedCode:
        """Make the code, or adopt the one with the same code and reference. Refused where it exists as somebody else's."""
        ...

    def delete_code(self, created: CreatedCode) -> None: ...

    def look_up_codes(self, codes: Sequence[MadeCode]) -> list[CodeStanding]:
        """How each of our codes stands in the store, in the order of ``codes``."""
        ...

    def write_profiles(self, writes: Sequence[ProfileWrite]) -> list[WriteResult]:
        """Carry out all writes in as few calls as the platform allows; results in the order of ``writes``. Repeatable."""
        ...

    def write_consent(self, customer_id: str, channel: str, state: str, at: int) -> None:
        """Tell the store that a person opted in or out with us."""
        ...

    def ensure_webhooks(self, url: str, secret: str, topics: Sequence[str], *, renew: bool = False) -> WebhookChanges:
        """Have the store send ``topics`` to ``url``, signed with ``secret``: make the missing, switch on what was switched off.

        ``renew`` gives those that are there the secret, too: it has changed. Nothing to do where the platform sends by the
        app's own configuration.
        """
        ...

    def remove_setup(self, webhook_path: str) -> list[str]:
        """Take away what was set up for the store as a whole: webhooks that lead to ``webhook_path``, definitions of our fields.

        Repeatable. Returns what could not be removed, in words for people.
        """
        ...

    def close(self) -> None: ...


class Webhooks(Protocol):
    """The pure side of receiving what stores send by themselves."""

    topics: tuple[str, ...]  # subscribed to
    names_store: bool  # deliveries name their store themselves (else: the URL does)
    secrets: tuple[str, ...]  # of the installation, newest first; () where each store has its own

    def verify(self, headers: Mapping[str, str], raw: bytes, secrets: Sequence[str]) -> Verified | Ping | Rejection:
        """``headers`` by lower-case name. Never raises, whatever the bytes."""
        ...

    def translate(self, topic: str, raw: bytes, connection: ConnectionInfo, *, at: int) -> list[Step]:
        """``at``: when it happened as far as is known, microseconds UTC. Any exception means: can't be read."""
        ...


class Platform(Protocol):
    """The pure side of an adapter, plus the door to its client."""

    name: str  # "shopify" | "woocommerce"

    @property
    def webhooks(self) -> Webhooks: ...

    def normalise_address(self, text: str) -> str:
        """The address under which a store is known. InvalidInput, with the mend, where it can't be one."""
        ...

    def open(self, connection: ConnectionInfo) -> StoreClient: ...

    def discard_files(self, address: str) -> None:
        """Remove what was kept on this machine of that store's answers. Only while nobody reads from the store."""
        ...
