"""The composition root: settings in, a working application out. Tests build the same thing from the same place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial

from adapters.messaging.channels import channel_from_url
from adapters.messaging.render import MailRenderer
from adapters.shopify.doors import doors as shopify_doors
from adapters.shopify.options import ShopifyOptions
from adapters.shopify.platform import ShopifyPlatform
from adapters.woocommerce import WooCommerceOptions, WooCommercePlatform
from adapters.woocommerce.doors import doors as woocommerce_doors
from comeback.installing import Connector, finish_installs
from comeback.settings import MailFolder, Settings, data_folder
from jobs.context import JobContext
from jobs.queue import NoQueue, Queue
from jobs.tasks import TASKS
from jobs.tokens import TokenSource
from plugin_core import tables
from plugin_core.clock import to_us, utc_now
from plugin_core.db import Database, create_engine
from plugin_core.errors import InvalidInput
from plugin_core.installers import Doors
from plugin_core.migrations import current, is_current, migrate
from plugin_core.outbox.own_tags import prefixes
from plugin_core.platforms import ConnectionInfo, Platform, StoreClient
from plugin_core.stores import settings as store_settings
from plugin_core.stores.credentials import Vault
from plugin_core.stores.models import Store

__all__ = ["App", "build", "tables"]


@dataclass(frozen=True, slots=True)
class App:
    settings: Settings
    database: Database
    vault: Vault
    platforms: Mapping[str, Platform]
    doors: Mapping[str, Doors]
    connector: Connector
    context: JobContext
    at_end: list[Callable[[], None]] = field(default_factory=list)  # what else has to be closed, first of all

    def platform(self, name: str) -> Platform:
        if name not in self.platforms:
            raise InvalidInput(f"There is no platform {name!r}.", mend=f"Known: {', '.join(sorted(self.platforms))}.")
        return self.platforms[name]

    def close(self) -> None:
        for close in self.at_end:
            close()
        self.context.channel.close()
        self.context.queue.close()
        self.database.engine.dispose()


def now_us() -> int:
    return to_us(utc_now())


def build(settings: Settings, *, clock: Callable[[], int] = now_us) -> App:
    """An empty database is made ready by itself; one that is behind is not touched (``comeback migrate``)."""
    engine = create_engine(settings.database)
    if current(engine) is None:
        migrate(engine)
    elif not is_current(engine):
        raise InvalidInput("The database is older than this program.", mend="Run: comeback migrate")
    database = Database(engine)
    vault = Vault(settings.secret_keys())
    platforms, doors = _platforms(settings)
    connector = Connector(database, vault, platforms, clock, settings.several_merchants)
    context = JobContext(
        database=database,
        vault=vault,
        client=partial(open_client, database, platforms, TokenSource(database, vault, doors, clock)),
        channel=channel_from_url(mail_url(settings)),
        renderer=MailRenderer(),
        public_url=settings.public_url,
        clock=clock,
        platforms=platforms,
        private_stores=settings.allow_private_stores,
        queue=queue_from(settings),
        finish_installs=partial(finish_installs, connector),
    )
    return App(settings, database, vault, platforms, doors, connector, context)


def _platforms(settings: Settings) -> tuple[dict[str, Platform], dict[str, Doors]]:
    newest, former, *_ = (*settings.shopify_client_secrets(), "", "")
    shopify = ShopifyOptions(
        origin=settings.shopify_origin,
        allow_private=settings.allow_private_stores,
        client_id=settings.shopify_client_id,
        client_secret=newest,
        former_secret=former,
        spool_dir=data_folder() / "spool",
    )
    woocommerce = WooCommerceOptions(allow_private=settings.allow_private_stores)
    platforms: tuple[Platform, ...] = (ShopifyPlatform(shopify), WooCommercePlatform(woocommerce))
    doors = {ShopifyPlatform.name: shopify_doors(shopify), WooCommercePlatform.name: woocommerce_doors(woocommerce)}
    return {platform.name: platform for platform in platforms}, doors


def queue_from(settings: Settings) -> Queue:
    """How a process that does no work itself nudges those that do."""
    if settings.redis_url is None:
        return NoQueue()
    from jobs.redis_queue import RedisQueue  # noqa: PLC0415 - Redis' client takes a second to load, and most do without

    return RedisQueue(settings.redis_url.get_secret_value(), TASKS)


def mail_url(settings: Settings) -> str:
    if settings.smtp_url is not None:
        return settings.smtp_url.get_secret_value()
    assert isinstance(settings.mail, MailFolder)  # noqa: S101 - no address given means the folder
    return f"folder:{settings.mail.path}"


@contextmanager
def open_client(
    database: Database, platforms: Mapping[str, Platform], tokens: TokenSource, store: Store
) -> Iterator[StoreClient]:
    """With a token that is good for a while, and a way to a new one should the store refuse it all the same."""
    credentials = dict(tokens.current(store.id))

    def renew() -> Mapping[str, str]:
        credentials.update(tokens.after_refusal(store.id, credentials.get("access_token", "")))
        return credentials

    with database.read() as session:
        current = session.get_one(Store, store.id)
        settings, _ = store_settings.current(session, current)
        connection = ConnectionInfo(
            store=current.key,
            address=current.address,
            credentials=credentials,
            currency=current.currency,
            zone=current.zone,
            facts=current.facts,
            settings=asdict(settings) | {"former_tag_prefixes": prefixes(session, current)},
            renew=renew if tokens.renewable(current) and credentials.get("refresh_token") else None,
        )
        platform = platforms[current.platform]
    client = platform.open(connection)
    try:
        yield client
    finally:
        client.close()
