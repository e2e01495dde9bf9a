"""Reading fleet files. This is the one module of the folder that opens files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ecrops.errors import SpecError
from ecrops.fleet import json_text, toml_text, yaml_text
from ecrops.fleet.document import Document, Findings, Origin
from ecrops.fleet.fleet import Fleet
from ecrops.fleet.placeholders import Location, Values, fill_in
from ecrops.fleet.specs import OF_REGISTRIES, registries_of, specs_of

Format = Literal["yaml", "json", "toml"]
READERS: Mapping[str, Callable[[str, str], Document]] = {
    "yaml": yaml_text.parse,
    "json": json_text.parse,
    "toml": toml_text.parse,
}
PLAN_KEYS = {"summary", "changes", "notes", "permissions", "checksum"}
"""The keys by which a file with a plan is known."""
ENDINGS = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}


class Text(NamedTuple):
    """The content of a fleet file that is no file.

    Args:
        name: What messages call it.
        content: It is in UTF-8.
        format: Its format.
    """

    name: str
    content: bytes
    format: Format = "yaml"


def read(
    *paths: str | PathLike[str],
    account: str | None = None,
    region: str | None = None,
    registry: Location | None = None,
) -> Fleet:
    """Read fleet files: YAML, JSON or TOML, as their names end. Several are read as one.

    Args:
        paths: Files, and folders: all files in them, and in the folders in them, whose names end so. What begins with
            a dot, and a file that holds a plan as JSON, is left out.
        account: What ``{account}`` stands for in the strings of the files.
        region: What ``{region}`` stands for.
        registry: The ``Registry`` whose account and region they are, where these are not given. It is asked when a
            placeholder is met, and not before.

    Returns:
        The fleet: ``registry.ensure(*fleet.specs)`` makes it true.

    Raises:
        SpecError: With every mistake of every file, such as ``fleet.yaml:12:7:
            repositories[3].lifecycle_rules[0].max_image_cuont: unknown key; did you mean max_image_count?``.
        OSError: A file cannot be read.

    Example:
        >>> fleet = read("fleet.yaml", region="eu-west-1")  # doctest: +SKIP
    """
    if not paths:
        raise SpecError("expected the path of a fleet file, or of a folder with some: read('fleet.yaml')")
    return read_with(paths, (), Values(account, region, registry))


def read_with(paths: Sequence[str | PathLike[str]], texts: Sequence[Text], values: Values) -> Fleet:
    """Read files and texts as one: the defaults of a file are for the repositories of a text too.

    Args:
        paths: Files and folders.
        texts: Texts, such as that of the standard input.
        values: What placeholders stand for.

    Raises:
        SpecError: With every mistake of all.
        OSError: A file cannot be read.
    """
    return FleetFiles(paths, texts).fleet(values)


class FleetFiles:
    """Files and texts that are read once, for what they say of where they are to be and for their specs.

    Args:
        paths: Files and folders.
        texts: Texts, such as that of the standard input.
    """

    def __init__(self, paths: Sequence[str | PathLike[str]], texts: Sequence[Text] = ()) -> None:
        self.paths, self.texts = tuple(paths), tuple(texts)
        self._findings = Findings()

    @cached_property
    def _documents(self) -> list[Document]:
        documents = _documents(self.paths, self.texts, self._findings)
        if not documents:
            self._findings.raise_any()
            raise SpecError(f"{self.paths[0]}: there is no fleet file in it, only plans")
        return documents

    @property
    def say_where(self) -> bool:
        """Whether one of them says where the fleet is to be."""
        values = (document.value for document in self._documents)
        return any(
            isinstance(value, Mapping) and value.get(name) is not None for value in values for name in OF_REGISTRIES
        )

    def registries(self) -> Mapping[str, Any]:
        """Return what they say of where the fleet is to be, without reading what they say of repositories.

        Raises:
            SpecError: A file cannot be read as YAML, JSON or TOML, or two say the same part.
            OSError: A file cannot be read.
        """
        return registries_of(self._documents, self._findings)

    def fleet(self, values: Values) -> Fleet:
        """Return the fleet. It is asked for once: the placeholders are filled in in place.

        Args:
            values: What placeholders stand for.

        Raises:
            SpecError: With every mistake of all.
            OSError: A file cannot be read.
        """
        return _fleet(self._documents, values, self._findings)


def _documents(paths: Sequence[str | PathLike[str]], texts: Sequence[Text], findings: Findings) -> list[Document]:
    """Return the documents of files and texts that hold no plans."""
    documents: list[Document] = []
    files = {file: path for path in paths for file in _files(path)}
    sources: list[Path | Text] = [*files, *texts]
    for source in sources:
        try:
            document = _document(source)
            if _is_plan(document.value):
                _check_found(source, files)
                continue
            documents.append(document)
            findings.open(document)
        except SpecError as error:
            findings.fail(error)
    return documents


def _is_plan(value: object) -> bool:
    """Whether a file holds a plan, as ``plan.to_dict()`` is, and no fleet."""
    return isinstance(value, Mapping) and value.keys() >= PLAN_KEYS


def _check_found(source: Path | Text, files: Mapping[Path, str | PathLike[str]]) -> None:
    """Refuse a plan, unless it was found in a folder: there it is left out.

    Raises:
        SpecError: It was given itself.
    """
    if isinstance(source, Text) or Path(files[source]) == source:
        name = source.name if isinstance(source, Text) else source
        raise SpecError(
            f"{name}: this is a plan, and no fleet file: to make it, give the fleet file that it was made of, and the "
            "checksum in it: ecrops apply FILE --approved CHECKSUM"
        )


def _document(source: Path | Text) -> Document:
    if isinstance(source, Text):
        return READERS[source.format](decoded(source.content, source.name), source.name)
    return READERS[ENDINGS[source.suffix.lower()]](decoded(source.read_bytes(), str(source)), str(source))


read_fleet = read
"""``read`` by the name that it has in ``ecrops``, where ``read`` is a grant."""


def parse(
    text: str,
    format: Format | None = None,
    *,
    name: str = "",
    account: str | None = None,
    region: str | None = None,
    registry: Location | None = None,
) -> Fleet:
    """Read the text of a fleet file, such as what comes from the standard input.

    Args:
        text: The text.
        format: ``yaml``, ``json`` or ``toml``; by default JSON if the text is JSON, else YAML.
        name: What messages call the text.
        account: As in ``read``.
        region: As in ``read``.
        registry: As in ``read``.

    Raises:
        SpecError: With every mistake.

    Example:
        >>> parse("repositories: [{name: team/api}]").names
        ('team/api',)
    """
    if not isinstance(text, str):
        raise SpecError(f"expected the text of a fleet file, got {text!r}")
    if format is None:
        format = "json" if _is_json(text) else "yaml"
    if format not in READERS:
        raise SpecError(f"format: expected one of {', '.join(READERS)}, got {format!r}")
    values, findings = Values(account, region, registry), Findings()
    document = READERS[format](text, name or f"<{format}>")
    findings.open(document)
    return _fleet([document], values, findings)


def _fleet(documents: Sequence[Document], values: Values, findings: Findings) -> Fleet:
    for document in documents:
        fill_in(Origin(document), values, findings)
    specs = tuple(specs_of(documents, findings))
    return Fleet(specs, registries_of(documents, findings))


def _is_json(text: str) -> bool:
    """Whether a text is JSON, of which YAML reads most, and not the half of a character that JSON may have."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _files(path: str | PathLike[str]) -> Iterator[Path]:
    """Yield a file, or the files of a folder in their order.

    Raises:
        SpecError: The name of the file tells no format, or the folder has no fleet file.
    """
    if not isinstance(path, str | PathLike):
        raise SpecError(f"expected the path of a fleet file, got {path!r}")
    root = Path(path)
    if not root.is_dir():
        if root.suffix.lower() not in ENDINGS:
            raise SpecError(f"{path}: expected a name that ends in {', '.join(ENDINGS)}{_close_to(root)}")
        yield root
        return
    files = [file for file in sorted(root.rglob("*")) if file.suffix.lower() in ENDINGS and file.is_file()]
    visible = [file for file in files if not any(part.startswith(".") for part in file.relative_to(root).parts)]
    if not visible:
        raise SpecError(f"{path}: there is no file in it whose name ends in {', '.join(ENDINGS)}")
    yield from visible


def _close_to(path: Path) -> str:
    """Return which file was probably meant by a name without its ending."""
    near = [f"{path.name}{ending}" for ending in ENDINGS if path.with_name(f"{path.name}{ending}").is_file()]
    return f"; did you mean {near[0]}?" if near else ""


def decoded(content: bytes, name: str) -> str:
    """Return the text of a file, without a mark of its encoding.

    Args:
        content: The content of the file.
        name: What messages call it.

    Raises:
        SpecError: It is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        why = "it is UTF-16, which PowerShell writes with '>'" if is_wide else f"byte {error.start} is none"
        raise SpecError(f"{name}: expected a text in UTF-8: {why}; save it as UTF-8") from None
