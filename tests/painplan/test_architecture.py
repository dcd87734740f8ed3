"""What the import contracts cannot see."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
APPS = ["accounts", "patients", "assessments", "treatments", "followup", "interop", "painplan"]


def test_the_web_process_loads_neither_the_solver_nor_the_tools_of_the_tests() -> None:
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'painplan.settings'; django.setup();"
        "import painplan.urls; print([name for name in ('z3', 'hypothesis', 'playwright', 'pytest') if name in "
        "sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_command_that_needs_no_database_starts_none(tmp_path: Path) -> None:
    code = (
        "import os, django; os.environ.update(DJANGO_SETTINGS_MODULE='painplan.settings', PAINPLAN_VAR=os.sys.argv[1]);"
        "django.setup(); import painplan.urls; from django.core.management import call_command; call_command('check')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=PROJECT, capture_output=True, check=True)
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "locks").exists()


@pytest.mark.parametrize("app", APPS)
def test_every_service_names_its_actor_first(app: str) -> None:
    """Public functions of services take keyword-only arguments, `actor` first."""
    sources = [PROJECT / app / "services.py", *(PROJECT / app / "services").glob("*.py")]
    if app == "painplan":
        sources = []  # Its services are servers.
    for path in (path for path in sources if path.exists()):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and path.name != "shared.py":
                names = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
                assert names[:1] == ["actor"], f"{path.relative_to(PROJECT)}: {node.name}({', '.join(names)})"


def test_nothing_reads_outside_the_repository() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    texts = [
        PROJECT / name for name in listed.splitlines() if Path(name).suffix in {".py", ".toml", ".yaml", ".yml", ""}
    ]
    found = [
        path.relative_to(PROJECT).as_posix()
        for path in texts
        if path.is_file()
        and path != Path(__file__)
        and "../shared" in path.read_text(encoding="utf-8", errors="ignore")
    ]
    assert found == []
