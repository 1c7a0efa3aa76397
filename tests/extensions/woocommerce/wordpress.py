"""A WordPress of one's own for a test: its files out of a package, its database a SQLite file, WooCommerce a stand-in.

Run: fetches the package once, into a cache outside the repository.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = "@wp-playground/wordpress-builds@0.9.19"  # GPL-2.0-or-later; holds WordPress 6.7 and its SQLite plug-in as archives
PARTS = ("wordpress/wp-nightly.zip", "sqlite-database-integration/sqlite-database-integration.zip")
HERE = Path(__file__).parent
PLUGIN = HERE.parents[2] / "extensions/woocommerce/comeback"
LIMIT_S = 60.0


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "comeback" / PACKAGE.rsplit("/", 1)[1].replace("@", "-")


def fetch() -> None:
    if all((cache() / part).is_file() for part in PARTS):
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("The plugin's tests need WordPress, which comes by npm. Install it, for example: apt-get install npm")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as package:
            for part in PARTS:
                source = package.extractfile(f"package/src/{part}")
                assert source is not None
                target = cache() / part
                target.parent.mkdir(parents=True, exist_ok=True)
                aside = target.with_suffix(f".{os.getpid()}")
                aside.write_bytes(source.read())
                aside.replace(target)


@dataclass
class WordPress:
    folder: Path
    url: str

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(f"file:{self.folder}/wp-content/database/.ht.sqlite?mode=ro", uri=True) as database:
            return database.execute(question).fetchall()

    def options(self) -> set[str]:
        found = self.rows("SELECT option_name FROM wp_options WHERE option_name NOT LIKE '%transient%'")
        ours = self.rows("SELECT option_name FROM wp_options WHERE option_name LIKE '%transient%comeback%'")
        return {name for (name,) in (*found, *ours)}

    def keys(self) -> int:
        return len(self.rows("SELECT key_id FROM wp_woocommerce_api_keys"))

    def php(self, code: str) -> str:
        """Runs code inside this WordPress; what it prints."""
        program = (
            f"<?php $_SERVER['HTTP_HOST'] = {self.url.split('//')[1]!r};"
            f"require {str(self.folder / 'wp-load.php')!r}; require_once ABSPATH . 'wp-admin/includes/admin.php';\n{code}"
        )
        done = subprocess.run(["php"], input=program, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def wordpress(folder: Path) -> Iterator[WordPress]:
    missing = [part for part in PARTS if not (cache() / part).is_file()]
    if missing or shutil.which("php") is None:
        raise AssertionError("The plugin's tests need php and WordPress. Install both: make servers wordpress")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    site = WordPress(folder / "site", f"http://127.0.0.1:{port}")
    _unpack(site)
    log = (folder / "php.log").open("wb")
    server = subprocess.Popen(
        ["php", "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{port}", "-t", str(site.folder), str(HERE / "stand/router.php")],
        stdout=log,
        stderr=log,
        env={**os.environ, "PHP_CLI_SERVER_WORKERS": "4"},
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + LIMIT_S
        while not _answers(port):
            assert server.poll() is None, "php does not serve"
            assert time.monotonic() < deadline, "php does not serve"
            time.sleep(0.05)
        yield site
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
        log.close()


def _unpack(site: WordPress) -> None:
    site.folder.mkdir(parents=True)
    with zipfile.ZipFile(cache() / PARTS[0]) as archive:
        archive.extractall(site.folder)
    plugins = site.folder / "wp-content/plugins"
    with zipfile.ZipFile(cache() / PARTS[1]) as archive:
        archive.extractall(plugins)
    sqlite = next(plugins.glob("sqlite-database-integration*")).rename(plugins / "sqlite-database-integration")
    drop_in = (sqlite / "db.copy").read_text()
    drop_in = drop_in.replace("{SQLITE_IMPLEMENTATION_FOLDER_PATH}", str(sqlite))
    drop_in = drop_in.replace("{SQLITE_PLUGIN}", "sqlite-database-integration/load.php")
    (site.folder / "wp-content/db.php").write_text(drop_in)
    shutil.copytree(PLUGIN, plugins / "comeback")
    (plugins / "woocommerce").mkdir()
    shutil.copy(HERE / "stand/woocommerce.php", plugins / "woocommerce/woocommerce.php")
    config = (HERE / "stand/wp-config.php").read_text()
    (site.folder / "wp-config.php").write_text(config.replace("{URL}", site.url))
    site.php(
        "wp_set_password('owner', 1); update_option('permalink_structure', '/%postname%/');"
        "update_option('active_plugins', array());"
    )


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    fetch()
    sys.stdout.write(f"{cache()}\n")
