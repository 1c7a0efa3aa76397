"""The pages named in manifest.json are the pages that are served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from comeback import settings
from comeback.app import build
from comeback.serving import create_web
from tests.house.files import read


def test_the_manifest_names_every_page_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    app = build(settings.load())
    served = {
        rule.rule
        for shown in (True, False)
        for rule in create_web(app, open_to_all=shown).url_map.iter_rules()
        if not rule.endpoint.endswith("static")
    }
    app.close()
    assert served == set(json.loads(read("manifest.json"))["pages"])
