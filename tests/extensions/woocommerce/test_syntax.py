"""PHP itself reads every file of the plugin."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.extensions.woocommerce.wordpress import PLUGIN


def test_php_reads_every_file_of_the_plugin() -> None:
    php = shutil.which("php")
    if php is None:
        pytest.fail("These tests need php. Install it: make servers", pytrace=False)
    files = sorted(PLUGIN.rglob("*.php"))
    assert files
    for path in files:
        read = subprocess.run([php, "-l", str(path)], capture_output=True, text=True, check=False)
        assert read.returncode == 0, read.stdout + read.stderr
