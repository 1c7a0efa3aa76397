"""The twins in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import requests


def test_the_process_says_where_it_listens_and_leaves_when_its_caller_does(tmp_path: Path):
    ports = tmp_path / "ports.json"
    command = [sys.executable, "-m", "adapters.sandbox", "--port-file", str(ports), "--people", "3", "--today", "2026-11-22"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[3]) as process:
        while not ports.exists():
            assert process.poll() is None
        told = json.loads(ports.read_text())
        state = requests.get(f"{told['shopify']['origin']}/_sandbox/twins", timeout=10).json()
        assert state["shopify"]["shop"] == told["shopify"]["shop"]
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(timeout=20) == 0
