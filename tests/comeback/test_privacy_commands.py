"""The owner's own way to show and to erase what is kept about a person."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from admin.person_page import render
from admin.person_words import COLUMNS
from admin.person_words import SECTIONS as TITLES
from comeback.cli.session import application
from plugin_core.apply import upsert_many
from plugin_core.customers.privacy.sections import SECTIONS
from plugin_core.records import ConsentRecord
from plugin_core.stores.connect import find_store
from plugin_core.stores.settings import StoreSettings
from tests.comeback.test_command_line import open_shop, run
from tests.plugin_core.shop import DAY, customer, order

EMAIL = "ada@people.example"
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    open_shop()
    said = (ConsentRecord("email", "subscribed", "the form", 6 * DAY, "v2"),)
    with application() as app, app.database.write() as session:
        store = find_store(session, "shop-example")
        records = [
            customer("7", EMAIL, first_name=EVIL, last_name="Lace", consents=said),
            order("1", EMAIL, customer_id="7", total=12_345, refunded=345),
        ]
        upsert_many(session, store, StoreSettings(), records, now=20 * DAY)


def test_all_that_is_kept_comes_as_json(capsys):
    code, out, _err = run(capsys, "privacy", "export", "shop-example", EMAIL.upper())
    body = json.loads(out)
    assert code == 0
    assert (body["profile"]["email"], body["profile"]["last_name"]) == (EMAIL, "Lace")
    (said,) = body["consents"]
    assert (said["state"], said["source"], said["text_version"], said["at"]) == (
        *("subscribed", "the form", "v2"),
        "1970-01-07T00:00:00Z",
    )
    (bought,) = body["orders"]
    assert (bought["number"], bought["total"], bought["refunded"], bought["currency"]) == ("#1", "123.45", "3.45", "EUR")


def test_the_page_for_the_person_shows_names_as_text_and_is_the_owners_alone(capsys, tmp_path):
    page = tmp_path / "ada.html"
    assert run(capsys, "privacy", "export", "shop-example", EMAIL, "--html", str(page))[0] == 0
    text = page.read_text("utf-8")
    assert EVIL not in text
    assert "&lt;script&gt;" in text
    assert EMAIL in text
    assert "123.45" in text
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert "None" not in text


def test_a_page_about_nothing_is_a_page():
    text = render({"profile": {"email": ""}, "orders": [], "offers": []}, shop="Shop", at="2026-11-22")
    assert "Nothing." in text


def test_the_page_is_in_the_persons_own_language_and_names_every_column():
    text = render({"profile": {"email": "", "locale": "fa-IR"}, "orders": []}, shop="Shop", at="2026-11-22")
    assert '<html lang="fa" dir="rtl">' in text
    assert "Nothing." not in text
    columns = {
        name
        for section in SECTIONS.values()
        for name in re.findall(r"(?:\.|AS )(\w+)(?=,|\s+FROM|\s*$)", section.sql.partition("FROM")[0])
    }
    assert columns - {"row_id", "rfm_cuts", "name"} <= set(COLUMNS)
    assert {*SECTIONS, "profile", "merged_people", "never_written_to"} == set(TITLES)


def test_erasing_says_what_will_happen_and_asks_once(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("n\n"))
    code, _out, err = run(capsys, "privacy", "erase", "shop-example", EMAIL)
    assert code == 130
    assert "can't be undone" in err
    assert run(capsys, "privacy", "export", "shop-example", EMAIL)[0] == 0, "nothing was done"


def test_whoever_was_erased_is_not_found_any_more(capsys, tmp_path):
    code, out, _err = run(capsys, "privacy", "erase", "shop-example", EMAIL, "--yes", "--json")
    body = json.loads(out)
    assert (code, body["orders"], body["waiting"], body["files_clean"]) == (0, 1, 0, True)
    code, _out, err = run(capsys, "privacy", "export", "shop-example", EMAIL)
    assert code == 2
    assert "nobody with this address is known" in err
    rows = json.loads(run(capsys, "privacy", "requests", "--json")[1])
    assert [(row["kind"], row["source"], row["state"], row["late"]) for row in rows] == [("redact", "cli", "done", False)]
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        assert EMAIL.encode() not in path.read_bytes(), path


def test_requests_are_listed_in_words(capsys):
    assert "Nobody has asked" in run(capsys, "privacy", "requests")[1]
    code, _out, err = run(capsys, "privacy", "requests", "--show", "7")
    assert code == 2
    assert "no export for request 7" in err


def test_uninstalling_wants_to_be_told_whether_to_look_or_to_do(capsys):
    code, _out, err = run(capsys, "uninstall", "shop-example")
    assert code == 2
    assert "--plan" in err
    code, out, _err = run(capsys, "uninstall", "shop-example", "--plan")
    assert code == 0
    assert "0 customers carry our fields" in out
