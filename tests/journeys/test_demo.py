"""The first thing anybody does: the demo, run as people run it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.journeys.world import free_port

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", "from comeback.cli import main; main()")
LIMIT_S = 120.0


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home: nothing set up, nothing to fall back on."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}


def test_the_demo_tells_its_story_once_and_every_figure_is_what_the_stores_hold(environment: dict[str, str]) -> None:
    ended = subprocess.run(
        [*COMMAND, "demo", "--once", "--json", "--people", "60"],
        check=False, capture_output=True, text=True, env=environment, timeout=LIMIT_S,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    story = json.loads(ended.stdout)
    assert [row["platform"] for row in story["stores"]] == ["shopify", "woocommerce"]
    assert story["agreement"]
    assert all(story["agreement"].values()), story["agreement"]
    assert story["second_run"] == {"store_writes": 0, "mails": 0}
    for row in story["stores"]:
        held = story["stores_say"][row["platform"]]
        assert (row["orders"], row["net_spent"], row["people"]) == (held["orders_counted"], held["net_spent"], held["people"])
        assert row["orders"] > 0
        assert len(held["codes"]) == row["codes_created"] > 0
        assert row["mails_sent"] > 0
        assert row["points"] > 0
        assert row["needs"] == [need for need in row["needs"] if need.startswith("plus ")]
    assert story["accounts"][0]["people_in_several_stores"] > 0
    assert any(story["stores_say"]["shopify"]["tags"].values()), "no tag of ours stands in the Shopify store"
    assert not list(Path(environment["HOME"]).rglob("*.sqlite")), "the demo left something behind"


def test_the_demo_stays_up_with_a_page_that_shows_the_same(environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    log = tmp_path / "demo.log"
    with log.open("wb") as out:
        demo = subprocess.Popen(
            [*COMMAND, "demo", "--json", "--people", "30", "--port", str(port)],
            env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        page = _page(f"http://127.0.0.1:{port}/", demo, log)
        story = json.loads(next(line for line in log.read_text().splitlines() if line.startswith("{")))
        for row in story["stores"]:
            assert row["name"] in page
            assert _grouped(row["people"]) in page
    finally:
        demo.send_signal(signal.SIGINT)
        try:
            demo.wait(20)
        finally:
            with_the_rest(demo.pid)
    assert demo.returncode in {0, 130, -signal.SIGINT}, log.read_text()


def test_every_command_of_the_readme_is_there(environment: dict[str, str]) -> None:
    readme = (ROOT / "README.md").read_text()
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", readme, re.DOTALL))
    named = set(re.findall(r"^comeback ((?:connect |campaigns )?[a-z-]+)", blocks, re.MULTILINE))
    named |= set(re.findall(r"`comeback ([a-z-]+)`", readme))
    assert len(named) > 5
    from comeback.cli import cli

    for words in sorted(named):
        group = cli
        for word in words.split():
            found = group.get_command(None, word)  # type: ignore[arg-type]
            assert found is not None, f"README: comeback {words}"
            group = found  # type: ignore[assignment]
    targets = set(re.findall(r"^make ([a-z-]+)", blocks, re.MULTILINE))
    makefile = (ROOT / "Makefile").read_text()
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_installed_command_starts_quickly_enough_to_be_asked_its_version(environment: dict[str, str]) -> None:
    installed = shutil.which("comeback", path=str(Path(sys.executable).parent))
    assert installed is not None
    said = subprocess.run([installed, "--version"], check=True, capture_output=True, text=True, env=environment, timeout=LIMIT_S)
    assert said.stdout.startswith("comeback, version ")
    read = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import comeback.cli"],
        check=True, capture_output=True, text=True, env=environment, timeout=LIMIT_S,
    )  # fmt: skip
    for heavy in ("sqlalchemy", "numpy", "flask", "requests"):
        assert not re.search(rf"\| +{heavy}$", read.stderr, re.MULTILINE), f"{heavy} is read before any command is known"


def _page(url: str, demo: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        assert demo.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise AssertionError(f"no page at {url}: {log.read_text()}")


def with_the_rest(group: int) -> None:
    """The demo's own children, should any be left."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def _grouped(number: int) -> str:
    return f"{number:,}"
