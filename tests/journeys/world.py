"""A merchant with one store on each platform: databases to begin from, twins that begin anew, and the steps of the main job."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from adapters.sandbox import Twins, start_twins
from tests import databases
from tests.journeys.program import Program

SHOPIFY = "comeback-demo"
PEOPLE = 40
UNPACED = (10**6, 10**6)  # points, and points a second
SENDER = (
    *("sender_name=The shop", "sender_email=hello@shop.example", "reply_to=help@shop.example"),
    *("postal_address=1 High Street, Example", "quiet_hours=false"),
)


class World:
    """``kind``: sqlite or postgresql. The twins always listen on the same two ports: a store's address is part of who it is.

    ``paced``: Shopify's twin allows as little as Shopify does; else what is tested is not how quickly it may be asked.
    """

    def __init__(self, folder: Path, run_folder: Path, kind: str, people: int = PEOPLE, *, paced: bool = False) -> None:
        self.folder, self.run_folder, self.kind, self.people, self.paced = folder, run_folder, kind, people, paced
        self.ports = (free_port(), free_port())
        self.woocommerce = f"127-0-0-1-{self.ports[1]}"
        self.stores = (SHOPIFY, self.woocommerce)
        self.today = datetime.now(UTC)
        self._made: list[tuple[str, str]] = []
        self._begin = ""

    @contextmanager
    def twins(self) -> Iterator[Twins]:
        with start_twins(self.people, now=self.today, ports=self.ports) as twins:
            if not self.paced:
                twins.shopify.store.bucket.set(*UNPACED)
            yield twins

    def prepare(self) -> None:
        """Both stores connected, nothing imported: what every round begins from."""
        url = self._new_database("")
        program = self.program("prepared", url)
        with self.twins() as twins:
            connect(program, twins)
        for store in self.stores:
            program.must("settings", store, *SENDER)
        self._begin = url

    def program(self, name: str, url: str, smtp_url: str = "") -> Program:
        folder = self.folder / name
        return Program(
            folder,
            {
                "DATABASE_URL": url,
                "SECRET_KEY": "a key for stores that are not there",
                "SMTP_URL": smtp_url or f"folder:{folder / 'mail'}",
                "PUBLIC_URL": "http://127.0.0.1:8000",
                "SHOPIFY_ORIGIN": f"http://127.0.0.1:{self.ports[0]}",
                "ALLOW_PRIVATE_STORES": "1",
            },
        )

    def fresh_copy(self, name: str) -> str:
        """The address of a new database that holds what :meth:`prepare` made."""
        if self.kind == "sqlite":
            target = self.folder / f"{name}.sqlite"
            shutil.copyfile(self._begin.removeprefix("sqlite:///"), target)
            return f"sqlite:///{target}"
        return self._new_database(self._made[0][1])

    def close(self) -> None:
        for socket_folder, name in reversed(self._made):
            databases.postgres_drop(socket_folder, name)

    def _new_database(self, template: str) -> str:
        if self.kind == "sqlite":
            return databases.sqlite_copy(self.run_folder, self.folder / "prepared.sqlite")
        socket_folder = databases.postgres_template(self.run_folder)
        url, socket_folder, name = databases.postgres_database(socket_folder, template or databases.TEMPLATE)
        self._made.append((socket_folder, name))
        return url


def connect(program: Program, twins: Twins) -> None:
    program.must("connect", "shopify", "--shop", twins.shopify.shop, "--token", twins.shopify.token)
    woo = twins.woocommerce
    program.must("connect", "woocommerce", "--url", woo.url, "--key", woo.consumer_key, "--secret", woo.consumer_secret)


def start_campaigns(program: Program, stores: tuple[str, ...]) -> None:
    for store in stores:
        for campaign in ("winback", "abandoned-checkout"):
            program.must("campaigns", "start", store, campaign)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
