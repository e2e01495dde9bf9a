"""What the archives of a release hold, compared with the files of the project. It reads archives and builds none."""

from __future__ import annotations

import socket
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("ecrops/py.typed", "ecrops/version.py", "ecrops/cli/main.py")
# of the project's files, those that only its repository needs
NOT_RELEASED = (".ci/",)


def tracked(root: Path = ROOT) -> frozenset[str]:
    """Return the files that git has or would have, as paths below the project."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return frozenset(name for name in listed.stdout.splitlines() if (root / name).is_file() and name != ".venvs")


def wheel_files(path: Path) -> dict[str, bytes]:
    """Return the files of a wheel."""
    with zipfile.ZipFile(path) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


def sdist_files(path: Path) -> dict[str, bytes]:
    """Return the files of a source archive, as paths below its one folder."""
    files = {}
    with tarfile.open(path) as sdist:
        for member in sdist.getmembers():
            if (file := sdist.extractfile(member)) is not None:
                files[str(PurePosixPath(*PurePosixPath(member.name).parts[1:]))] = file.read()
    return files


def wheel_problems(files: Mapping[str, bytes], project: frozenset[str]) -> Iterator[str]:
    """Yield what a wheel lacks, and what it should not have."""
    package = {name for name in project if name.startswith("ecrops/")}
    yield from (f"the wheel lacks {name}" for name in sorted(package.union(NEEDED) - files.keys()))
    for name in sorted(files.keys() - package):
        if not name.split("/")[0].endswith(".dist-info"):
            yield f"the wheel has {name}"
    yield from _with_paths("the wheel", files)


def sdist_problems(files: Mapping[str, bytes], project: frozenset[str]) -> Iterator[str]:
    """Yield what a source archive lacks, and what it should not have."""
    released = {name for name in project if not name.startswith(NOT_RELEASED)}
    yield from (f"the source archive lacks {name}" for name in sorted(released.union(NEEDED) - files.keys()))
    yield from (f"the source archive has {name}" for name in sorted(files.keys() - released - {"PKG-INFO"}))
    yield from _with_paths("the source archive", files)


def _with_paths(archive: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """Yield the files that name a place of this machine."""
    places = [f"{ROOT}", f"{ROOT.resolve()}", f"{Path.home()}/.", socket.gethostname()]
    for name, content in sorted(files.items()):
        for place in places:
            if len(place) > 6 and place.encode() in content:
                yield f"{archive}: {name} has {place!r}"
