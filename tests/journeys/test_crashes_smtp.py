"""The power fails while a mail is on its way to a real mail server, which can't be asked later: shown, never repeated."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests import postgres
from tests.journeys.program import Kill, Program
from tests.journeys.world import World, start_campaigns

LONG_S = 60.0  # a connection that is closed ends the wait


class MailServer:
    """Keeps what it was given; on request it takes a mail in and says nothing."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.silent = False
        self.waiting = False

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        assert isinstance(envelope.content, bytes)
        self.taken[str(message_from_bytes(envelope.content)["Message-ID"])] += 1
        if self.silent:
            self.silent, self.waiting = False, True
            await asyncio.sleep(LONG_S)
        return "250 OK"

    def has_taken_one_in_silence(self) -> bool:
        return self.waiting


@pytest.fixture
def mail_server() -> Iterator[tuple[MailServer, str]]:
    server = MailServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield server, f"smtp://127.0.0.1:{port}"
    controller.stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path, postgres.run_folder(), "sqlite")
    world.prepare()
    yield world
    world.close()


def test_a_mail_whose_way_was_cut_off_is_shown_and_never_repeated(world: World, mail_server: tuple[MailServer, str]) -> None:
    server, url = mail_server
    program = world.program("smtp", world.fresh_copy("smtp"), url)
    with world.twins():
        program.must("run-due")
        start_campaigns(program, world.stores)
        cut_off = 0
        for store in world.stores:
            # Once with the mail in the server's hands, once right before it is handed over.
            server.silent, server.waiting = True, False
            asked = Kill("sending", store, 1, 0.0, request="DATA")
            cut_off += program.run("-v", "run-due", kill=asked, reached=server.has_taken_one_in_silence).killed
            cut_off += program.run("-v", "run-due", kill=Kill("sending", store, 1, 0.0)).killed
            server.silent = False
        assert cut_off >= 3
        program.must("run-due")
        taken = Counter(server.taken)
        first = mails(program)
        program.must("run-due")
        assert (server.taken, mails(program)) == (taken, first)
    assert set(taken.values()) == {1}
    unknown = sum(row["offers"].get("unknown", 0) for row in first)
    assert 2 <= unknown <= cut_off
    for row in first:
        said = [need for need in row["needs"] if "may or may not have gone out" in need]
        assert len(said) == bool(row["offers"].get("unknown"))
    # Whatever was cut off either had arrived or had not; everything else arrived and is known to have.
    sent = sum(row["mails_sent"] for row in first)
    assert sent <= len(taken) <= sent + unknown


def mails(program: Program) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(program.must("status", "--json"))["stores"]
    return rows
