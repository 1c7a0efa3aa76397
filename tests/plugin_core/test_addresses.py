"""An address that a merchant types is checked before anything of ours connects to it."""

from __future__ import annotations

import pytest

from plugin_core.addresses import is_public, normalise_url, resolve
from plugin_core.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("shop.example", "https://shop.example"),
        ("  HTTPS://Shop.Example/  ", "https://shop.example"),
        ("https://shop.example:443/blog//shop/?utm=1#top", "https://shop.example/blog/shop"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://mağaza.example", "https://xn--maaza-l1a.example"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
        ("https://shop.example.", "https://shop.example"),
    ],
)
def test_an_address_is_kept_in_one_spelling(typed, kept):
    assert normalise_url(typed).url == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "http://shop.example",
        "ftp://shop.example",
        "https://",
        "https://me:pw@shop.example",
        "https://shop.example:99999",
        "javascript:alert(1)",
        "https://shop example",
        "https://shop.example\n.evil.example",
        "localhost",
        "https://intranet/",
        "https://a/../b.c/..",
    ],
)
def test_what_is_no_public_web_address_is_refused_with_a_mend(typed):
    with pytest.raises(InvalidInput) as refused:
        normalise_url(typed)
    assert refused.value.mend
    assert "pw" not in str(refused.value)


def test_plain_http_and_this_machine_are_for_those_who_allow_private_stores():
    assert normalise_url("http://localhost:8089/", allow_private=True).url == "http://localhost:8089"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
        "192.0.2.1",
        "192.0.0.8",
        "192.88.99.1",
        "fec0::1",
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused(address):
    assert not is_public(address)
    with pytest.raises(InvalidInput, match="not on the public internet"):
        resolve("shop.example", 443, resolver=lambda _host, _port: ["93.184.216.34", address])
    assert resolve("shop.example", 443, resolver=lambda _host, _port: [address], allow_private=True) == [address]


def test_public_addresses_are_handed_back_to_connect_to():
    found = ["93.184.216.34", "2606:2800:220:1::1"]
    assert resolve("shop.example", 443, resolver=lambda _host, _port: found) == found


def test_a_name_without_an_address_is_an_os_error():
    with pytest.raises(OSError, match="no address"):
        resolve("shop.example", 443, resolver=lambda _host, _port: [])


def test_an_address_in_numbers_is_judged_like_any_other():
    with pytest.raises(InvalidInput):
        resolve("127.0.0.1", 80)
