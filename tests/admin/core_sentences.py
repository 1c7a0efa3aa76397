"""Finds what the core and the adapters say when something is wrong, for the pages' catalogues.

``python -m tests.admin.core_sentences`` writes the modules in admin/said anew.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

from plugin_core import errors
from tests.house.files import ROOT, modules

TARGETS = {"plugin_core": ROOT / "admin/said/core.py", "adapters": ROOT / "admin/said/stores.py"}
_CLASSES = {name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, errors.ComebackError)}
_NEVER_SHOWN = {"adapters/sandbox", "plugin_core/migrations"}
_HEAD = '''"""What {package} says when something is wrong: found in its code, for the catalogues. Not written by hand."""

from __future__ import annotations

from admin.said.marked import N_

SENTENCES = (
'''


def sentences(package: str) -> list[str]:
    found: set[str] = set()
    for path in modules(package):
        if not any(str(path).startswith(folder) for folder in _NEVER_SHOWN):
            found |= set(_said(ast.parse((ROOT / path).read_text())))
    return sorted(sentence for sentence in found if any(letter.isalpha() for letter in _bare(sentence)))


def written(package: str) -> str:
    lines = "".join(f"    N_({sentence!r}),\n" for sentence in sentences(package))
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGETS[package]), "-"]
    text = _HEAD.replace("{package}", package) + lines + ")\n"
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def _said(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name in _CLASSES:
            shown = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "mend")]
        elif name == "Rule":
            shown = node.args[1:2]
        else:
            continue
        for argument in shown:
            yield from _text(argument)


def _text(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value.replace("%", "%%")
    elif isinstance(node, ast.JoinedStr):
        count, parts = 0, []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value).replace("%", "%%"))
            else:
                count += 1
                parts.append(f"%(p{count})s")
        yield "".join(parts)
    elif isinstance(node, ast.IfExp):
        yield from _text(node.body)
        yield from _text(node.orelse)


def _bare(sentence: str) -> str:
    return "".join(part.partition(")s")[2] if part.startswith("(p") else part for part in sentence.split("%"))


if __name__ == "__main__":
    for each, target in TARGETS.items():
        target.write_text(written(each))
