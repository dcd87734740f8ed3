"""A release is published once, never changes, and is the rulebook in force until the next one."""

from __future__ import annotations

import copy
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from accounts.models import AuditEvent, Organisation
from treatments import bundle, releases
from treatments.content import ContentInvalid, digest, shipped
from treatments.management.commands import rulebook
from treatments.models import RulebookRelease

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shipped_text(shipped_files: dict[str, Any]) -> str:
    return bundle.dump(shipped_files, "shipped")


@pytest.fixture
def other_files(shipped_files: dict[str, Any]) -> dict[str, Any]:
    files = dict(shipped_files)
    files["agents/duloxetine.yaml"] = copy.deepcopy(files["agents/duloxetine.yaml"])
    files["agents/duloxetine.yaml"]["rules"][0]["text"] = "Known allergy to duloxetine."
    return files


@pytest.fixture
def nothing_published() -> None:
    """Tests are copies of a database in which a release may stand; here there is none."""
    assert not RulebookRelease.objects.exists(), "the template database holds a release"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_without_a_release_the_shipped_content_is_in_force(nothing_published: None) -> None:
    assert releases.current() is shipped()
    assert releases.content_of()[0] == "shipped"


def test_a_published_release_is_in_force_and_is_read_back_whole(shipped_files: dict[str, Any]) -> None:
    release = releases.publish(shipped_files, published_by="test")
    found = releases.current()
    assert (release.number, found.release, found.digest) == (1, "1", shipped().digest)
    assert found.every_rule == shipped().every_rule
    assert releases.content_of(1)[1] == shipped_files


def test_the_same_content_is_not_published_twice(shipped_files: dict[str, Any]) -> None:
    first = releases.publish(shipped_files, published_by="test")
    assert releases.publish(shipped_files, published_by="test").number == first.number
    assert RulebookRelease.objects.count() == 1


def test_an_earlier_release_stays_readable(shipped_files: dict[str, Any], other_files: dict[str, Any]) -> None:
    releases.publish(shipped_files, published_by="test")
    releases.publish(other_files, published_by="test")
    assert releases.current().release == "2"
    assert releases.by_number(1).digest == shipped().digest
    assert releases.by_digest(shipped().digest).release == "1"
    assert releases.current().rule_by_id["duloxetine-contra-allergy"].text == "Known allergy to duloxetine."


def test_one_query_and_one_rulebook_for_a_digest(shipped_files: dict[str, Any], django_assert_num_queries: Any) -> None:
    releases.publish(shipped_files, published_by="test")
    first = releases.current()
    with django_assert_num_queries(1):
        assert releases.current() is first


def test_content_with_a_problem_is_not_published(other_files: dict[str, Any]) -> None:
    other_files["agents/duloxetine.yaml"]["rules"][0]["when"] = "no_such_fact"
    with pytest.raises(ContentInvalid, match="duloxetine-contra-allergy"):
        releases.publish(other_files, published_by="test")
    assert not RulebookRelease.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE treatments_rulebookrelease SET content = '{}'",
        "DELETE FROM treatments_rulebookrelease",
        "TRUNCATE treatments_rulebookrelease",
    ],
)
def test_the_database_refuses_to_change_a_release(shipped_files: dict[str, Any], statement: str) -> None:
    releases.publish(shipped_files, published_by="test")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert releases.content_of(1)[1] == shipped_files


def test_a_release_that_is_not_there_is_said() -> None:
    with pytest.raises(releases.NoSuchRelease, match="no release 7"):
        releases.by_number(7)
    with pytest.raises(releases.NoSuchRelease):
        releases.by_digest("sha256:" + "0" * 64)
    assert releases.by_digest(shipped().digest) is shipped()


def test_publishing_stands_in_the_trail_of_every_organisation(
    organisation: Organisation, shipped_files: dict[str, Any]
) -> None:
    releases.publish(shipped_files, published_by="test")
    event = AuditEvent.objects.get(action="rulebook.publish", organisation_id=organisation.pk)
    assert (event.actor_job, event.target, event.detail["digest"]) == (
        "publish-rulebook",
        "release:1",
        shipped().digest,
    )


def test_load_rulebook_publishes_once_and_then_only_what_changed(
    monkeypatch: pytest.MonkeyPatch, settings: Any, other_files: dict[str, Any]
) -> None:
    assert "Release 1 is published" in run("load_rulebook")
    assert "Release 1 is in force" in run("load_rulebook")
    monkeypatch.setattr("treatments.management.commands.load_rulebook.read_folder", lambda: other_files)
    settings.DEMO = False
    with pytest.raises(CommandError, match="differs from release 1"):
        run("load_rulebook")
    assert "Release 2 is published" in run("load_rulebook", "--publish-changes")
    settings.DEMO = True
    assert "Release 2 is in force" in run("load_rulebook")


def test_export_writes_the_release_in_force_and_earlier_ones(
    shipped_files: dict[str, Any], shipped_text: str, other_files: dict[str, Any]
) -> None:
    def header(name: str, files: dict[str, Any]) -> str:
        return f"bundle: 1\nrelease: {name}\ndigest: {digest(files)}\ncontent:\n"

    assert shipped_text.startswith(header("shipped", shipped_files))
    assert run("rulebook", "export") == shipped_text
    releases.publish(shipped_files, published_by="test")
    releases.publish(other_files, published_by="test")
    assert run("rulebook", "export").startswith(header("'2'", other_files))
    assert run("rulebook", "export", "--release", "1") == shipped_text.replace("release: shipped", "release: '1'", 1)
    with pytest.raises(CommandError, match="no release 9"):
        run("rulebook", "export", "--release", "9")


def test_check_lists_problems_and_ends_with_one(tmp_path: Path, other_files: dict[str, Any]) -> None:
    other_files["agents/duloxetine.yaml"]["rules"][0]["when"] = "crcl < 30"
    path = tmp_path / "bad.yaml"
    path.write_text(bundle.dump(other_files, "next"), encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("rulebook", "check", str(path), stdout=out)
    assert stopped.value.code == 1
    assert "agents/duloxetine.yaml duloxetine-contra-allergy" in out.getvalue()
    with pytest.raises(CommandError, match="cannot be opened"):
        run("rulebook", "check", str(tmp_path / "nowhere.yaml"))


def test_check_is_content_with_what_is_shipped(
    tmp_path: Path, shipped_files: dict[str, Any], shipped_text: str
) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(shipped_text, encoding="utf-8")
    assert run("rulebook", "check", str(path)) == f"No problems. {digest(shipped_files)}\n"


def test_check_runs_the_case_library_with_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_files: dict[str, Any]
) -> None:
    # The whole library is proposed for above; one case of it says whether its failures are told.
    cases = tmp_path / "cases"
    cases.mkdir()
    shutil.copy(rulebook.CASES / "alcohol-cirrhosis.yaml", cases)
    monkeypatch.setattr(rulebook, "CASES", cases)
    for rule in other_files["agents/duloxetine.yaml"]["rules"]:
        if rule["effect"] == "contraindicate":
            rule["effect"] = "monitor"
    path = tmp_path / "lenient.yaml"
    path.write_text(bundle.dump(other_files, "next"), encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("rulebook", "check", str(path), stdout=out)
    assert "case alcohol-cirrhosis: excluded: duloxetine" in out.getvalue()


def test_diff_speaks_of_files_and_releases(
    tmp_path: Path, shipped_files: dict[str, Any], other_files: dict[str, Any]
) -> None:
    name = "agents/duloxetine.yaml"
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(bundle.dump({name: shipped_files[name]}, "old"), encoding="utf-8")
    new.write_text(bundle.dump({name: other_files[name]}, "new"), encoding="utf-8")
    sentences = run("rulebook", "diff", str(old), str(new))
    assert "Rule duloxetine-contra-allergy: text was “Known allergy.” and is now" in sentences
    assert sentences.endswith("1 change.\n")
    (change,) = json.loads(run("rulebook", "diff", str(old), str(new), "--json"))
    assert (change["id"], change["path"], change["before"]) == ("duloxetine-contra-allergy", "text", "Known allergy.")
    releases.publish(shipped_files, published_by="test")
    assert run("rulebook", "diff", "shipped", "1") == "No changes.\n"


@pytest.mark.parametrize("name", ["prove", "impact"])
def test_what_comes_later_says_so(name: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="comes with the rule editor") as refused:
        run("rulebook", name, "bundle.yaml")
    assert refused.value.returncode == 3
