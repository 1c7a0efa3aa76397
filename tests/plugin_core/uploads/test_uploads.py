"""Files that merchants bring along: read as spreadsheets save them, applied once, and never against a later word."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from plugin_core import bulk, uploads
from plugin_core.customers import consent
from plugin_core.customers.privacy import identities
from plugin_core.errors import InvalidInput
from plugin_core.loyalty.settle import settle
from plugin_core.stores.models import Store
from plugin_core.stores.settings import StoreSettings
from tests.plugin_core.loyalty.shop import balance, buy, meet, open_store, us

NOW = us("2026-06-01")


@pytest.fixture
def store(session: Session) -> Store:
    store = open_store(session)
    for name in ("ada", "bert"):
        person = meet(session, store, name)
        address = f"{name}@example.com"
        bulk.execute(session, "UPDATE customers SET email = ? WHERE id = ?", address, person)
        sql = "INSERT INTO customer_addresses (account_id, address, customer_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        bulk.execute(session, sql, store.account_id, address, person)
    return store


def bring(session: Session, store: Store, kind: str, text: str | bytes, now: int = NOW) -> uploads.Outcome:
    raw = text.encode() if isinstance(text, str) else text
    return uploads.apply(session, store, kind, uploads.read(raw), name="file.csv", actor="ada", now=now)


def states(session: Session, store: Store) -> dict[str, str]:
    sql = "SELECT c.email, n.state FROM consents n JOIN customers c ON c.id = n.customer_id WHERE n.store_id = ?"
    return dict(bulk.select(session, sql, store.id))


def test_consents_come_in_and_a_refusal_given_later_stays(session, store) -> None:
    text = "Email Address;Status;Date\r\nADA@example.com;yes;2026-03-31\r\nbert@example.com;unsubscribed;\r\n"
    found = bring(session, store, "consents", text)
    assert [(change.email, change.before, change.after) for change in found.changed] == [
        ("ada@example.com", "unknown", "subscribed"),
        ("bert@example.com", "unknown", "unsubscribed"),
    ]
    again = bring(session, store, "consents", text)
    assert (again.changed, again.unchanged) == ([], 2)
    ada = bulk.select(session, "SELECT id FROM customers WHERE email = 'ada@example.com'")[0][0]
    consent.record(session, ada, store.id, "email", "unsubscribed", "by link", us("2026-05-01"), NOW)
    bring(session, store, "consents", "email,status,date\nada@example.com,subscribed,2026-04-15\n")
    assert states(session, store) == {"ada@example.com": "unsubscribed", "bert@example.com": "unsubscribed"}
    bring(session, store, "consents", "email,status,date\nada@example.com,subscribed,2026-05-15\n")
    assert states(session, store)["ada@example.com"] == "subscribed"


def test_whoever_may_not_be_written_to_any_more_is_not_even_where_nobody_knows_them_yet(session, store) -> None:
    found = bring(session, store, "suppressions", "email\tnote\nada@example.com\tasked\nnobody@example.com\tasked\n")
    assert (len(found.changed), found.unknown) == (2, [])
    assert bring(session, store, "suppressions", "email\nada@example.com\nnobody@example.com\n").changed == []
    rows = bulk.select(session, "SELECT address FROM suppressions WHERE account_id = ? ORDER BY address", store.account_id)
    assert [row[0] for row in rows] == ["ada@example.com", "nobody@example.com"]


def test_a_balance_becomes_what_the_file_says_once_and_grows_from_there(session, store) -> None:
    ada = bulk.select(session, "SELECT id FROM customers WHERE email = 'ada@example.com'")[0][0]
    buy(session, store, ada, "2026-03-01", 30_00)
    settle(session, store, StoreSettings(), 0, customer_ids=[ada], now=NOW)
    text = "customer,E-Mail,Points_Balance\nAda,ada@example.com,1250\nBert,bert@example.com,0\nX,x@example.com,5\n"
    found = bring(session, store, "balances", text)
    assert [(change.before, change.after) for change in found.changed] == [(30, 1250)]
    assert (found.unchanged, [row.email for row in found.unknown]) == (1, ["x@example.com"])
    settle(session, store, StoreSettings(), 0, customer_ids=[ada], now=NOW)
    assert balance(session, store, ada)[0] == 1250
    buy(session, store, ada, "2026-06-02", 10_00)
    settle(session, store, StoreSettings(), 0, customer_ids=[ada], now=us("2026-07-01"))
    assert bring(session, store, "balances", text, now=us("2026-07-01")).changed == []
    assert balance(session, store, ada)[0] == 1260


def test_rows_that_say_nothing_are_named_with_their_line_and_the_rest_goes_on(session, store) -> None:
    text = (
        "email,status,date\nada@example.com,maybe,\nnobody,yes,2026-01-01\nada@example.com,yes,\nada@example.com,yes,2027-01-01\n"
        'ada@example.com,yes,31.3.\n"bert@example.com",no,\nbert@example.com,yes,2026-01-02\n'
    )
    found = bring(session, store, "consents", text)
    assert [bad.line for bad in found.bad] == [2, 3, 4, 5, 6, 7]
    assert all(bad.reason and bad.mend for bad in found.bad)
    assert [change.email for change in found.changed] == ["bert@example.com"]


def test_one_person_under_two_addresses_is_asked_about(session, store) -> None:
    ada = bulk.select(session, "SELECT id FROM customers WHERE email = 'ada@example.com'")[0][0]
    sql = "INSERT INTO customer_addresses (account_id, address, customer_id) VALUES (?, 'ada@work.example', ?)"
    bulk.execute(session, sql, store.account_id, ada)
    found = bring(session, store, "balances", "email,points\nada@example.com,5\nada@work.example,7\n")
    assert [(bad.line, "same person as in line 2" in bad.reason) for bad in found.bad] == [(3, True)]
    assert [change.after for change in found.changed] == [5]


def test_a_person_of_another_store_is_unknown_here(session, store) -> None:
    other = open_store(session, "elsewhere")
    found = bring(session, other, "balances", "email,points\nada@example.com,5\n")
    assert (found.changed, [row.email for row in found.unknown]) == ([], ["ada@example.com"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_however_a_spreadsheet_saved_it(encoding: str, delimiter: str) -> None:
    text = f'email{delimiter}name\r\n"a@x.example"{delimiter}"Ада ""Ada"" \n Байрон"\r\n\r\n{delimiter}\r\nb@x.example\r\n'
    sheet = uploads.read(text.encode(encoding))
    assert sheet.header == ("email", "name")
    assert [cells for _, cells in sheet.rows] == [["a@x.example", 'Ада "Ada" \n Байрон'], ["b@x.example", ""]]


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"email\n"), "\N{BYTE ORDER MARK}email\na@x.example".encode("utf-16-le")[:-1],
        *(b"PK\x03\x04\0\0", b'email\n"a', b"x" * (uploads.MOST_BYTES + 1)),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_a_way_to_mend_it(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        uploads.read(raw)
    assert refused.value.mend


@pytest.mark.parametrize(("encoding", "name"), [("windows-1254", "Ayşe"), ("windows-1251", "Ада")])
def test_a_file_in_letters_of_the_country_is_read_where_only_names_are_written_in_them(session, store, encoding, name) -> None:
    text = f"Ad;E-Posta;Puan\n{name};ada@example.com;5\n{name};{name}@example.com;7\n"
    found = bring(session, store, "balances", text.encode(encoding))
    assert [change.after for change in found.changed] == [5]
    assert [(bad.line, "letters" in bad.reason) for bad in found.bad] == [(3, True)]


def test_a_row_is_named_by_the_line_on_which_it_begins() -> None:
    sheet = uploads.read(b'sep=;\nemail;note\n"a@x.example";"one\ntwo"\n\nb@x.example;\n')
    assert (sheet.header, [line for line, _ in sheet.rows]) == (("email", "note"), [3, 6])


def test_a_refusal_whose_day_is_not_known_is_older_only_than_an_opt_in_given_since(session, store) -> None:
    ada = bulk.select(session, "SELECT id FROM customers WHERE email = 'ada@example.com'")[0][0]
    consent.record(session, ada, store.id, "email", "unsubscribed", "shopify", 0, us("2026-04-01"))
    assert bring(session, store, "consents", "email,status,date\nada@example.com,yes,2026-03-31\n").changed == []
    assert [
        each.after for each in bring(session, store, "consents", "email,status,date\nada@example.com,yes,2026-04-02").changed
    ] == ["subscribed"]


def test_of_a_day_alone_the_refusal_counts_to_its_end_and_the_same_file_again_leaves_no_trace(session, store) -> None:
    ada = bulk.select(session, "SELECT id FROM customers WHERE email = 'ada@example.com'")[0][0]
    consent.record(session, ada, store.id, "email", "subscribed", "shopify", us("2026-04-01T10:00"), NOW)
    text = "email,status,date\nada@example.com,no,2026-04-01\nbert@example.com,no,\n"
    assert len(bring(session, store, "consents", text).changed) == 2
    told = bulk.select(session, "SELECT COUNT(*) FROM consent_entries")
    assert bring(session, store, "consents", text, now=NOW + 1).changed == []
    assert bulk.select(session, "SELECT COUNT(*) FROM consent_entries") == told


def test_an_address_of_somebody_erased_is_not_kept_again(session, store) -> None:
    identities.remember(session, store.account_id, 1, ["gone@example.com"], erased_at=1)
    found = bring(session, store, "suppressions", "email\ngone@example.com\nnew@example.com\n")
    assert ([each.email for each in found.changed], [each.email for each in found.unknown]) == (
        ["new@example.com"],
        ["gone@example.com"],
    )


def test_a_missing_column_is_named_with_the_names_it_may_have(session, store) -> None:
    with pytest.raises(InvalidInput, match="points") as refused:
        bring(session, store, "balances", "email,score\na@x.example,1\n")
    assert "opening balance" in refused.value.mend
