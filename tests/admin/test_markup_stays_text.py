"""Whoever names a person, a product, a segment or a store like a script gets a name that is read, not a script that runs."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.admin.furnishing import furnish
from tests.admin.paths import example, rules
from tests.admin.world import HERE, World

EVIL = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'{{7*7}}</textarea></title>"
_HARMLESS = {"href", "src", "action", "content"}  # may hold an address; a script in one of them is looked for


class Reader(HTMLParser):
    """What a browser would run, and what it would show."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.shown: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.shown += given.values()
        if tag == "script" and not given.get("src"):
            self.runs.append(self.get_starttag_text() or tag)
        if tag in {"img", "iframe", "object", "embed"} and given.get("src", "x") == "x":
            self.runs.append(self.get_starttag_text() or tag)
        self.runs += [f"{tag} {name}" for name in given if name.startswith("on")]
        self.runs += [
            f"{tag} {name}" for name in _HARMLESS & given.keys() if given[name].strip().lower().startswith("javascript:")
        ]

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


@pytest.fixture
def evil(fresh_world: World) -> World:
    furnish(fresh_world, EVIL)
    return fresh_world


def test_names_that_look_like_a_script_stay_text_on_every_page_and_in_every_mail(evil: World) -> None:
    every_page_shows_them_as_text(evil)
    what_is_refused_is_shown_again_as_text(evil)
    every_mail_writes_them_as_text(evil)


def every_page_shows_them_as_text(evil: World) -> None:
    owner, ours = evil.owner(), evil.stores["shopify"]
    named = 0
    for rule in rules(evil.web, "GET"):
        where = example(evil, rule, ours)
        for path in (where, f"{where}?q={EVIL}&who={EVIL}&with={EVIL}&note={EVIL}&outcome={EVIL}&room={EVIL}"):
            answer = owner.get(path)
            assert answer.status_code < 500, rule
            if answer.mimetype == "text/html":
                read = Reader(answer.text)
                assert read.runs == [], rule
                # A link's ticket is drawn anew each time, and may hold any two digits.
                shown = [each.partition("ticket=")[0] for each in read.shown]
                assert not [each for each in shown if "49" in each and "{{" not in each and "onerror" in each], rule
                named += any(EVIL[:60] in each for each in read.shown)
    assert named > 20


def what_is_refused_is_shown_again_as_text(evil: World) -> None:
    owner, ours = evil.owner(), evil.stores["shopify"]
    refused = [
        ("/app/segments/new", {"name": EVIL, "description": EVIL, "r.0.field": EVIL, "r.0.value": EVIL, "do": "save"}),
        ("/app/segments/count", {"r.0.field": EVIL, "r.0.op": EVIL, "r.0.value": EVIL}),
        ("/app/settings/preview", {"sender_name": EVIL, "sender_email": EVIL, "tiers.name": EVIL, "tiers.threshold": EVIL}),
        ("/app/settings/people", {"change": json.dumps({"sender_name": EVIL}), "version": EVIL}),
        ("/app/settings/exactly", {"change": json.dumps({"sender_name": EVIL}), "version": EVIL}),
        ("/app/settings/team/create", {"email": EVIL, "name": EVIL, "password": "x", "role": EVIL}),
        ("/app/privacy/find", {"email": EVIL}),
        (example(evil, "/app/customers/<key>/edit", ours), {"first_name": EVIL, "phone": EVIL, "birthday": EVIL}),
        (example(evil, "/app/customers/<key>/join", ours), {"with": EVIL}),
    ]
    for path, data in refused:
        answer = owner.post(path, data=data, headers=HERE)
        assert answer.status_code < 500, path
        assert Reader(answer.text).runs == [], path


def every_mail_writes_them_as_text(evil: World) -> None:
    folder = Path(evil.app.settings.smtp_url.get_secret_value().removeprefix("folder:"))
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in folder.glob("*.eml")]
    assert mails
    for mail in mails:
        body = mail.get_body(("html",))
        assert body is not None
        read = Reader(body.get_content())
        assert read.runs == []
        assert any(EVIL[:24] in each for each in read.shown)
        assert mail["From"].addresses[0].addr_spec == "ada@shop.example"
