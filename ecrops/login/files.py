"""Reading and replacing a private file: only a regular one, without waiting for it, and without a new owner.

Called by ``docker``. It knows nothing of what is in the file. Between a check of the path and its use somebody may put
something else there, so the file that was opened is checked again.
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ecrops.errors import EcropsError

# A pipe without a writer would be waited for; Windows has neither of the two
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


def read(path: Path) -> bytes:
    """Return what is in a file; nothing if there is none.

    Raises:
        EcropsError: It is no regular file.
        OSError: It cannot be read.
    """
    _owner(path)  # a device is not even opened
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        return b""
    with open(descriptor, "rb") as file:
        _check(path, os.fstat(descriptor))
        return file.read()


def replace(path: Path, text: str) -> None:
    """Replace a file in one step. At no moment can anyone but its owner read it, and its owner stays the same.

    Raises:
        EcropsError: It is no regular file, or its owner cannot be kept.
        OSError: It cannot be written.
    """
    owner = _owner(path)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # with the mode 0600
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if owner is not None:
                _give(path, descriptor, owner)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _owner(path: Path) -> os.stat_result | None:
    """Return who owns a file; ``None`` if there is no file.

    Raises:
        EcropsError: It is no regular file.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    _check(path, status)
    return status


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise EcropsError(f"{path} is left as it was, for it is no regular file: name another")


def _give(path: Path, descriptor: int, owner: os.stat_result) -> None:
    """Give a file the owner of the one that it replaces. The group may differ if it must: it has no rights here."""
    mine = os.fstat(descriptor)
    if (mine.st_uid, mine.st_gid) == (owner.st_uid, owner.st_gid):
        return
    try:
        os.chown(descriptor, owner.st_uid, owner.st_gid)
    except PermissionError:
        if mine.st_uid != owner.st_uid:
            raise EcropsError(
                f"{path} is left as it was, for it is the file of another user ({owner.st_uid}): log in as that user"
            ) from None
