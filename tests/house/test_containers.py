"""Dockerfile, compose.yaml and the systemd unit run commands that exist, with options and environment variables that do."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import click
import pytest
import yaml

from comeback.settings import PREFIX, Settings
from tests.house.files import read
from tests.house.test_docs import commands

pytestmark = pytest.mark.fast

UNIT = read("contrib/comeback.service")
# Of the unit only these words lead to the program; a plus or a minus before the path is systemd's own.
EXEC = re.compile(r"^Exec(?:Start|StartPre|Reload|StopPost)=[-+!@]*(/\S+)(.*)$", re.MULTILINE)


def docker(word: str) -> list[list[str]]:
    """All commands of ``word`` (CMD, ENTRYPOINT), which must be lists: a shell between would swallow the stop signal."""
    joined = read("Dockerfile").replace("\\\n", " ")
    return [json.loads(found) for found in re.findall(rf"^(?:HEALTHCHECK.*)?{word}\s+(\[.*\])\s*$", joined, re.MULTILINE)]


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(read("compose.yaml"))["services"]
    return found


def ran() -> list[list[str]]:
    """What is run of ours, without the program's name."""
    lines = [*docker("CMD"), *(each["command"] for each in services().values() if "command" in each)]
    lines += [[path.rsplit("/", 1)[1], *shlex.split(rest)] for path, rest in EXEC.findall(UNIT)]
    return [line[1:] for line in lines if line[0] == "comeback"]


@pytest.mark.parametrize("line", ran(), ids=" ".join)
def test_each_command_and_option_exists(line: list[str]) -> None:
    name, *options = line
    command = commands()[name]
    with click.Context(click.Command("comeback")) as parent:
        command.make_context(name, list(options), parent=parent)


def test_every_process_of_an_installation_is_among_them() -> None:
    assert {line[0] for line in ran()} == {"migrate", "serve", "worker", "scheduler"}
    assert {"migrate", "web", "worker", "scheduler", "postgres", "redis"} == services().keys()


def test_the_environment_they_are_given_is_the_one_that_is_read() -> None:
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+", read("Dockerfile") + read("compose.yaml") + UNIT))
    assert named
    assert named <= known
    for name, service in services().items():
        if "build" in service:
            assert {each for each in service["environment"] if each.startswith(PREFIX)} <= known, name


def test_what_is_kept_lies_where_the_container_and_the_unit_may_write() -> None:
    dockerfile = read("Dockerfile")
    (volume,) = re.findall(r"^VOLUME (\S+)$", dockerfile, re.MULTILINE)
    assert f"XDG_DATA_HOME={volume}" in dockerfile
    assert f"--home-dir {volume}" in dockerfile
    assert all(each["volumes"] == [f"mail:{volume}"] for each in services().values() if "build" in each)
    assert f"XDG_DATA_HOME={volume}\n" in UNIT
    assert f"StateDirectory={volume.removeprefix('/var/lib/')}\n" in UNIT


def test_health_is_asked_at_a_page_that_is_served() -> None:
    (health, _serve) = docker("CMD")
    found = re.search(r"http://127\.0\.0\.1:8000(/\w+)", health[2])
    assert found is not None
    assert found[1] in json.loads(read("manifest.json"))["pages"]
    for name in ("migrate", "worker", "scheduler"):
        assert services()[name]["healthcheck"] == {"disable": True}, "it answers no requests"
