"""What the jobs of offers meet outside: a store that keeps codes, a folder that keeps mails, and a hand that pulls the plug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from adapters.messaging.folder import FolderChannel
from adapters.messaging.render import MailRenderer
from jobs.context import JobContext
from jobs.offers import mint_due, plan_offers, send_due
from plugin_core.customers.models import Customer
from plugin_core.db import Database
from plugin_core.messaging import Mail
from plugin_core.platforms import CodeSpec, CreatedCode
from plugin_core.stores.models import Store
from tests.plugin_core.offers.world import NOW, VAULT, Shop, person

RENDERER = MailRenderer()


class PowerCut(BaseException):
    """kill -9: nobody gets to tidy up."""


@dataclass
class Plug:
    """Counts the moments at which a process may die, and dies at ``at``."""

    at: int = -1
    moment: int = 0

    def pull(self) -> None:
        self.moment += 1
        if self.moment == self.at:
            raise PowerCut


@dataclass
class Codes:
    """The store's side: a code exists once, and is found again by its reference."""

    made: dict[str, CodeSpec] = field(default_factory=dict)
    calls: int = 0
    plug: Plug = field(default_factory=Plug)
    answer: Callable[[CodeSpec], None] = lambda _spec: None
    spelling: Callable[[str], str] = str

    def create_code(self, spec: CodeSpec) -> CreatedCode:
        self.calls += 1
        self.plug.pull()
        self.answer(spec)
        adopted = spec.code in self.made
        assert not adopted or self.made[spec.code] == spec, "a second try must ask for the very same code"
        self.made[spec.code] = spec
        self.plug.pull()
        return CreatedCode(self.spelling(spec.code), f"id-{spec.code}", adopted)


class WatchedDatabase(Database):
    """Dies right before or right after a commit."""

    def __init__(self, engine: Engine, plug: Plug) -> None:
        super().__init__(engine)
        self.plug = plug

    @contextmanager
    def write(self) -> Iterator[Session]:
        with super().write() as session:
            yield session
            session.flush()
            self.plug.pull()
        self.plug.pull()


class WatchedFolder(FolderChannel):
    def __init__(self, folder: Path, plug: Plug) -> None:
        super().__init__(folder)
        self.plug = plug
        self.handed: list[Mail] = []

    def send(self, mail: Mail) -> None:
        self.plug.pull()
        self.handed.append(mail)
        super().send(mail)
        self.plug.pull()


@dataclass
class Outside:
    context: JobContext
    codes: Codes
    channel: WatchedFolder
    plug: Plug
    clock: list[int]
    session: Session  # the test's own eyes: it must not be looking while a job writes

    def run(self, *jobs: Callable[[JobContext], Counter[str]]) -> Counter[str]:
        self.session.commit()
        return sum((job(self.context) for job in jobs), Counter())

    def mails(self) -> list[Path]:
        return sorted(self.channel.folder.glob("*.eml")) if self.channel.folder.exists() else []


def outside(engine: Engine, session: Session, folder: Path) -> Outside:
    plug = Plug()
    codes, channel, clock = Codes(plug=plug), WatchedFolder(folder, plug), [NOW]

    @contextmanager
    def client(_store: Store) -> Iterator[Codes]:
        yield codes

    context = JobContext(
        database=WatchedDatabase(engine, plug),
        vault=VAULT,
        client=client,  # type: ignore[arg-type]
        channel=channel,
        renderer=RENDERER,
        public_url="https://comeback.example",
        clock=lambda: clock[0],
    )
    return Outside(context, codes, channel, plug, clock, session)


def run(world: Outside, shop: Shop) -> Counter[str]:
    return plan(world, shop) + mint(world, shop) + world.run(send_due)


def plan(world: Outside, shop: Shop) -> Counter[str]:
    return world.run(partial(plan_offers, store_id=shop.store.id))


def mint(world: Outside, shop: Shop) -> Counter[str]:
    return world.run(partial(mint_due, store_id=shop.store.id))


def ben_of(session: Session, shop: Shop) -> Customer:
    ben = person(session, shop, "ben", days_ago=65)
    session.commit()
    return ben
