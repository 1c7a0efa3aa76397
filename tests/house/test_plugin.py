"""The WordPress plugin: its facts are those of the project, and each of its files keeps to what WordPress asks of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, read

pytestmark = pytest.mark.fast

PLUGIN = Path("extensions/woocommerce/comeback")
FILES = sorted(path.relative_to(ROOT) for path in (ROOT / PLUGIN).rglob("*.php"))
OURS = [path for path in FILES if path.parent.name != "languages"]
_SAFE = re.compile(
    r"^(?:esc_\w+|wp_kses\w*|wp_json_encode|wp_nonce_field|absint|\(int\)|checked|selected|disabled|paginate_links|submit_button)\b"
)
_SHOWN = re.compile(r"(?:\becho|<\?=)\s+(.+?);")
_CLEANED = re.compile(r"sanitize_\w+|absint|isset|empty|wp_verify_nonce|check_\w+_referer|wp_unslash")
_GIVEN = re.compile(r"\$_(?:GET|POST|REQUEST|COOKIE|SERVER)\b")


def lines() -> list[tuple[Path, str]]:
    return [(path, line) for path in OURS for line in read(path).splitlines()]


def test_header_and_readme_are_those_of_the_manifest() -> None:
    manifest = json.loads(read("manifest.json"))
    header = dict(re.findall(r"^ \* ([A-Z][\w ]+?):\s+(.+)$", read(PLUGIN / "comeback.php"), re.MULTILINE))
    readme = dict(re.findall(r"^([A-Z][\w ]+?): (.+)$", read(PLUGIN / "readme.txt"), re.MULTILINE))
    assert header["Version"] == readme["Stable tag"] == manifest["version"]
    assert f"'COMEBACK_VERSION', '{manifest['version']}'" in read(PLUGIN / "comeback.php")
    assert header["Author"] == manifest["author"]
    assert header["WC requires at least"] == manifest["platforms"]["woocommerce"]["minimum_version"]
    for name in ("Requires at least", "Requires PHP", "License"):
        assert header[name] == readme[name]
    assert header["Requires Plugins"] == "woocommerce"
    assert "GNU GENERAL PUBLIC LICENSE" in read(PLUGIN / "LICENSE")


def test_no_file_runs_on_its_own() -> None:
    guards = ("defined( 'ABSPATH' ) || exit;", "defined( 'WP_UNINSTALL_PLUGIN' ) || exit;")
    assert FILES
    assert not [str(path) for path in OURS if not any(guard in read(path) for guard in guards)]


def test_whatever_is_shown_is_escaped_where_it_is_shown() -> None:
    shown = [(path, line, what) for path, line in lines() for what in _SHOWN.findall(line)]
    assert shown
    loose = [f"{path}: {what}" for path, line, what in shown if not _SAFE.match(what) and "phpcs:ignore" not in line]
    assert not loose


def test_whatever_comes_in_is_cleaned_where_it_comes_in() -> None:
    loose = [f"{path}: {line.strip()}" for path, line in lines() if _GIVEN.search(line) and not _CLEANED.search(line)]
    assert not loose


def test_every_act_asks_for_a_nonce_and_a_right() -> None:
    acts = read(PLUGIN / "includes/class-comeback-actions.php")
    hooks = re.findall(r"add_action\( '(?:admin_post|wp_ajax)_", acts)
    assert hooks
    assert "check_admin_referer" in acts
    assert "check_ajax_referer" in acts
    assert "current_user_can" in acts
    assert "nopriv" not in acts
