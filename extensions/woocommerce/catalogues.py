"""The plugin's words: found in its PHP, written to a template, and compiled so that WordPress reads them without parsing.

Run: rewrites ``comeback.pot`` and each language's ``.l10n.php``. A language's own words stand in its ``.po``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

PLUGIN = Path(__file__).parent / "comeback"
LANGUAGES = PLUGIN / "languages"
DOMAIN = "comeback"
_CALL = re.compile(
    r"(?:/\*\s*translators:\s*(?P<note>.*?)\s*\*/\s*(?:(?!/\*)[^;])*?)?"
    r"\b(?:esc_html__|esc_html_e|esc_attr__|esc_attr_e|__|_e)\(\s*'(?P<text>(?:[^'\\]|\\.)*)'\s*,\s*'(?P<domain>[\w-]+)'\s*\)",
    re.DOTALL,
)
_HEADER = re.compile(r"^ \* (?P<name>Plugin Name|Description):\s+(?P<text>.+)$", re.MULTILINE)


_HEAD = """\
# The words of Comeback for WooCommerce. Under the licence of the plugin (GPL-2.0-or-later).
msgid ""
msgstr ""
"Project-Id-Version: Comeback for WooCommerce\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Domain: comeback\\n"

"""


def words() -> Catalog:
    """Every text of the plugin, with the files it stands in and what translators should know."""
    found = Catalog(project="Comeback for WooCommerce", charset="utf-8", fuzzy=False)
    header = (PLUGIN / "comeback.php").read_text(encoding="utf-8")
    for match in _HEADER.finditer(header):
        found.add(match["text"], locations=[("comeback.php", 0)], auto_comments=[f"{match['name']} of the plugin"])
    for path, match in _calls():
        text = re.sub(r"\\(['\\])", r"\1", match["text"])
        found.add(text, locations=[(path, 0)], auto_comments=[f"translators: {match['note']}"] if match["note"] else [])
    return found


def domains() -> set[str]:
    return {match["domain"] for _, match in _calls()}


def _calls() -> Iterator[tuple[str, re.Match[str]]]:
    for path in sorted(PLUGIN.rglob("*.php")):
        if path.parent != LANGUAGES:
            for match in _CALL.finditer(path.read_text(encoding="utf-8")):
                yield path.relative_to(PLUGIN).as_posix(), match


def template() -> str:
    out = BytesIO()
    write_po(out, words(), width=110, include_lineno=False, sort_output=False)
    body = out.getvalue().decode()
    return _HEAD + body[body.index("\n\n") + 2 :]


def translations(path: Path) -> Mapping[str, str]:
    """What a language says, by the English text."""
    with path.open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id and each.string and not each.fuzzy}


def compiled(path: Path) -> str:
    """WordPress's own format for a language."""
    lines = [f"\t\t{_quoted(text)} => {_quoted(said)},\n" for text, said in translations(path).items()]
    language = path.stem.removeprefix(f"{DOMAIN}-")
    return (
        "<?php\n"
        "return array(\n"
        f"\t'domain'   => {_quoted(DOMAIN)},\n"
        f"\t'language' => {_quoted(language)},\n"
        "\t'messages' => array(\n" + "".join(lines) + "\t),\n);\n"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main() -> None:
    (LANGUAGES / f"{DOMAIN}.pot").write_text(template(), encoding="utf-8")
    for path in sorted(LANGUAGES.glob("*.po")):
        path.with_suffix(".l10n.php").write_text(compiled(path), encoding="utf-8")


if __name__ == "__main__":
    main()
