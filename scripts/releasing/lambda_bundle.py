"""Make the zip of a Lambda function, of this checkout and of what the running Python has installed.

The same files give the same bytes: their order, times and modes are fixed. What only tests and terminals need is left
out. Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import importlib.util
import sys
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple, Never

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = ("testing", "cli")
"""Folders of ecrops that no Lambda function uses."""
FLOOR = (1, 39, 11)
ALWAYS, WITH_YAML = ("tenacity",), ("PyYAML",)
WITH_BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "python-dateutil", "six")
YAML_ENDINGS = (".yaml", ".yml")
COMPILED = (".pyc", ".pyo", ".so", ".pyd")
TWICE = "is in it twice: give your file another name"
BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The time of every file: the oldest that a zip can say."""
LARGEST_UPLOAD = 50_000_000
"""What Lambda takes without S3. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class Part(NamedTuple):
    """What a zip is made of: a package, or a file of the user."""

    name: str
    files: dict[str, bytes]


def main() -> None:
    arguments = _arguments()
    parts = list(_parts(arguments))
    if arguments.compile:
        parts = [part._replace(files={**part.files, **dict(_bytecode(part.files))}) for part in parts]
    files: dict[str, bytes] = {}
    for part in parts:
        for name, content in part.files.items():
            if name in files:
                _stop(f"{name} {TWICE}")
            files[name] = content
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    _write(arguments.out, files)
    _report(arguments, parts)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("scripts/lambda-bundle", description="Make the zip of a Lambda function.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="your handler, your fleet file, a folder")
    parser.add_argument("--out", type=Path, default=Path("ecrops-lambda.zip"), metavar="ZIP", help="%(default)s")
    parser.add_argument("--yaml", action="store_true", help="put PyYAML in; a FILE in YAML does that too")
    parser.add_argument("--with-boto3", action="store_true", help="put boto3 in, for runtimes with an older one")
    parser.add_argument("--compile", action="store_true", help="put bytecode in, for the Python that runs this")
    return parser.parse_args()


def _parts(arguments: argparse.Namespace) -> Iterator[Part]:
    own: dict[str, bytes] = {}
    for name, content in (file for path in arguments.files for file in _files_of_user(path)):
        if name in own:
            _stop(f"{name} {TWICE}")
        own[name] = content
    names = [*ALWAYS]
    if arguments.yaml or any(name.lower().endswith(YAML_ENDINGS) for name in own):
        names += WITH_YAML
    if arguments.with_boto3:
        names += WITH_BOTO3
    yield Part(f"ecrops {_version()}", dict(_files_of_ecrops()))
    for name in names:
        found = _distribution(name)
        yield Part(f"{found.name} {found.version}", dict(_files_of(found)))
    if own:
        yield Part("your files", own)


def _version() -> str:
    scope: dict[str, str] = {}
    exec((ROOT / "ecrops" / "version.py").read_text(), scope)
    return scope["__version__"]


def _files_of_ecrops() -> Iterator[tuple[str, bytes]]:
    package = ROOT / "ecrops"
    for path in package.rglob("*"):
        name = path.relative_to(package)
        if path.is_file() and name.parts[0] not in LEFT_OUT and "__pycache__" not in name.parts:
            yield f"ecrops/{name.as_posix()}", path.read_bytes()
    yield "ecrops/LICENSE", (ROOT / "LICENSE").read_bytes()


def _distribution(name: str) -> Distribution:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        _stop(f"{sys.executable} has no {name}: {sys.executable} -m pip install {name}")
    if name == "boto3" and tuple(map(int, found.version.split(".")[:3])) < FLOOR:
        _stop(f"boto3 {found.version} is older than the oldest that ecrops works with, 1.39.11: install a newer one")
    return found


def _files_of(found: Distribution) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an installed package that any Python on any machine can use, and its licence."""
    for path in found.files or ():
        of_metadata = path.parts[0].endswith(".dist-info")
        if path.parts[0] in ("..", "bin") or "__pycache__" in path.parts or path.suffix in COMPILED:
            continue
        if of_metadata and path.name != "METADATA" and "LICENSE" not in path.name.upper():
            continue
        yield path.as_posix(), Path(str(path.locate())).read_bytes()


def _files_of_user(path: Path) -> Iterator[tuple[str, bytes]]:
    if not path.exists():
        _stop(f"{path}: there is no such file")
    if path.is_file():
        yield path.name, path.read_bytes()
        return
    for file in path.rglob("*"):
        name = file.relative_to(path)
        if file.is_file() and "__pycache__" not in name.parts and not name.parts[0].startswith("."):
            yield f"{path.resolve().name}/{name.as_posix()}", file.read_bytes()


def _bytecode(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the bytecode of the files in Python: it says that the source need not be looked at."""
    for name, content in sorted(files.items()):
        if name.endswith(".py"):
            code = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(content)
            yield _cache_name(name), code + _code(content, name)


def _code(content: bytes, name: str) -> bytes:
    import marshal

    # loaded and dumped again: what a compiler has shared by chance would be written otherwise the next time
    return marshal.dumps(marshal.loads(marshal.dumps(compile(content, f"/var/task/{name}", "exec", dont_inherit=True))))


def _cache_name(name: str) -> str:
    return importlib.util.cache_from_source(name)


def _write(out: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, BEGINNING)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16  # as on Linux, wherever it is made
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(".gz") else zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])


def _report(arguments: argparse.Namespace, parts: Iterable[Part]) -> None:
    content = arguments.out.read_bytes()
    with zipfile.ZipFile(arguments.out) as archive:
        sizes = {entry.filename: entry.compress_size for entry in archive.infolist()}
    print(f"{arguments.out}: {_size(len(content))}, {len(sizes)} files")
    for part in parts:
        print(f"  {_size(sum(sizes[name] for name in part.files)):>9}  {part.name}")
    if not arguments.with_boto3:
        print("  boto3 is not in it: the runtime has one; --with-boto3 if that is older than 1.39.11")
    if arguments.compile:
        print(f"  bytecode is for Python {sys.version_info[0]}.{sys.version_info[1]}: other runtimes do not use it")
    if len(content) > LARGEST_UPLOAD:
        print("  Lambda takes so much only from S3")
    print(f"  CodeSha256 {base64.b64encode(hashlib.sha256(content).digest()).decode()}")


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _stop(reason: str) -> Never:
    sys.exit(f"scripts/lambda-bundle: {reason}")


if __name__ == "__main__":
    main()
