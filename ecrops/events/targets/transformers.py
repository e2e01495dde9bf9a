"""Input transformers: refusing those that EventBridge would refuse, or that it can make nothing of. Pure.

Called by ``Target``, and by the test of a rule for the event that it sends. EventBridge drops an event without a word,
and without a dead letter, if the filled template of a JSON object is no JSON. So an object or a list must not stand in
the quotes of one; in a template that is a text it may, and comes without its own quotes.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_InputTransformer.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ecrops.base.plain_json import no_constant
from ecrops.base.problems import Problems
from ecrops.errors import SpecError
from ecrops.events.patterns.samples import samples
from ecrops.events.patterns.selection import EXAMPLE_LOCATION

MAX_TEMPLATE, MAX_PATH, MOST_VARIABLES = 8192, 256, 100
_PLACEHOLDER = re.compile(r"(?<!\\)<([A-Za-z0-9_.-]+)>")
_VARIABLE = re.compile(r"(?!AWS\.)[A-Za-z0-9_-]{1,256}")
_PIECE = re.compile(r'\\.|(?<!\\)<[A-Za-z0-9_.-]+>|"|[^"\\<]+|<', re.DOTALL)
_SEGMENT = re.compile(r"\.([^.\[\]]+)|\[(\*|[0-9]+)\]")
_WHOLE = ("aws.events.event", "aws.events.event.json")
_VALUE = "value of a placeholder"


def check_path(path: object) -> None:
    """Refuse what is not a path into the event."""
    if not isinstance(path, str) or not path.startswith("$") or len(path) > MAX_PATH:
        raise SpecError(f"expected a path into the event of at most 256 characters, such as '$.detail', got {path!r}")


def check_transformer(transformer: object) -> None:
    """Refuse an input transformer whose variables and template do not fit each other, or that makes no JSON."""
    problems = Problems()
    members = problems.known(transformer, ("InputPathsMap", "InputTemplate"), "an input transformer")
    template, paths = members.get("InputTemplate"), members.get("InputPathsMap", {})
    is_template = isinstance(template, str) and 1 <= len(template) <= MAX_TEMPLATE
    reason = f"expected a text of 1 to {MAX_TEMPLATE:,} characters, got {template!r}"
    problems.check(is_template, "InputTemplate", reason)
    if problems.check(isinstance(paths, Mapping), "InputPathsMap", f"expected a mapping of paths, got {paths!r}"):
        reason = f"has at most {MOST_VARIABLES} variables, got {len(paths)}"
        problems.check(len(paths) <= MOST_VARIABLES, "InputPathsMap", reason)
        for name, path in paths.items():
            is_variable = isinstance(name, str) and bool(_VARIABLE.fullmatch(name))
            reason = f"a variable is made of letters, digits, '_' and '-', got {name!r}"
            problems.check(is_variable, "InputPathsMap", reason)
            problems.take(f"InputPathsMap.{name}", partial(check_path, path))
        for name in _PLACEHOLDER.findall(template) if isinstance(template, str) else ():
            known = name in paths or name.startswith("aws.events.")
            problems.check(known, "InputTemplate", f"has <{name}>, which is no variable of InputPathsMap")
    problems.raise_any()
    problems.take("InputTemplate", partial(_check_template, template, paths))  # type: ignore[arg-type]
    problems.raise_any()


def check_log_input(value: object, path: object, transformer: object) -> None:
    """Refuse what a log group cannot get in place of the event. Without a time and a message EventBridge logs nothing.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-input-transformer-tutorial.html
    """
    if value is not None or path is not None:
        raise SpecError("input and input_path are not for a log group: give it an input_transformer")
    template = transformer.get("InputTemplate") if isinstance(transformer, Mapping) else None
    if isinstance(template, str):
        try:
            fields = set(json.loads(_PLACEHOLDER.sub("0", template), strict=False))
        except (TypeError, ValueError):
            fields = set()
        if fields != {"timestamp", "message"}:
            raise SpecError(
                "input_transformer: the template of a log group is "
                f'{{"timestamp": <variable>, "message": <variable>}}, got {template!r}'
            )


def doubts(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """Return why EventBridge may drop this event, as far as the input transformer tells; empty if nothing does."""
    try:
        check_transformer(transformer)
    except SpecError as error:
        return "; ".join(error.reasons)
    template, paths = str(transformer["InputTemplate"]), transformer.get("InputPathsMap", {})
    values = {name: value_at(event, paths[name]) for name in _in_quotes(template) if name in paths}
    if unfit := sorted(name for name, value in values.items() if isinstance(value, Mapping | list)):
        return f"the template has <{unfit[0]}> in quotes, an object or a list in this event: the result is no JSON"
    if is_plain_text(template):
        return "the template is a text without quotes: AWS does not say what arrives then"
    return ""


def is_plain_text(template: str) -> bool:
    """Whether a template is a text without quotes, as in the example of botocore's model of ``InputTransformer``."""
    return not _is_texts(_filled(template)) and not template.lstrip().startswith(("{", "[", '"'))


def value_at(event: Any, path: str) -> Any:
    """Return the value at a path in an event; ``None`` if there is none. ``[*]`` stands for a list."""
    value = event
    for match in _SEGMENT.finditer(path):
        name, index = match.groups()
        if index == "*":
            return [value]
        try:
            value = value[name] if name is not None else value[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _check_template(template: str, paths: Mapping[str, str]) -> None:
    for name in _in_quotes(template):
        if name in _WHOLE or is_never_scalar(paths.get(name, "")):
            what = paths.get(name, "the whole event")
            raise SpecError(
                f"has <{name}> in quotes, and {what} is an object or a list: the result would be no JSON, and "
                f"EventBridge would drop the event without a word; write it without quotes, or make the whole template "
                f'a text in quotes, such as "… <{name}> …"'
            )
    filled = _filled(template)
    if template.lstrip().startswith(("{", "[")):
        try:
            json.loads(filled, strict=False, object_pairs_hook=_refuse_variable_keys, parse_constant=no_constant)
        except RecursionError:
            raise SpecError("makes no JSON: it has more levels than can be read") from None
        except ValueError as error:
            raise SpecError(f"makes no JSON: {error}; got {template!r}") from None
    elif not is_plain_text(template) and not _is_texts(filled):
        raise SpecError(f"expected a JSON object, or a text in quotes, got {template!r}: a quote is missing")


def is_never_scalar(path: str) -> bool:
    """Whether a path leads to an object or a list in every event that is documented to have a value there."""
    values = [value_at(sample, path) for sample in samples(EXAMPLE_LOCATION)] if path else []
    found = [value for value in values if value is not None]
    return bool(found) and all(isinstance(value, Mapping | list) for value in found)


def _in_quotes(template: str) -> list[str]:
    """Return the variables in the quotes of a template for an object or a list; none of a template that is a text."""
    if not template.lstrip().startswith(("{", "[")):
        return []
    return [piece[1:-1] for piece, is_quoted in _pieces(template) if is_quoted and _PLACEHOLDER.fullmatch(piece)]


def _filled(template: str) -> str:
    """Return a template with a value for each placeholder."""
    filled = []
    for piece, is_quoted in _pieces(template):
        if _PLACEHOLDER.fullmatch(piece):
            filled.append(_VALUE if is_quoted else "0")
        else:
            filled.append(piece[1:] if piece in (r"\<", r"\>") else piece)
    return "".join(filled)


def _pieces(template: str) -> Iterator[tuple[str, bool]]:
    """Yield the placeholders and the texts between them, each with whether it is in quotes."""
    is_quoted = False
    for piece in _PIECE.findall(template):
        is_quoted ^= piece == '"'
        yield piece, is_quoted


def _is_texts(filled: str) -> bool:
    """Whether a filled template is JSON values, one after the other: EventBridge takes a text of several lines so."""
    decoder, rest = json.JSONDecoder(strict=False), filled.strip()
    while rest:
        try:
            _, end = decoder.raw_decode(rest)
        except ValueError:
            return False
        rest = rest[end:].lstrip()
    return bool(filled.strip())


def _refuse_variable_keys(pairs: list[tuple[str, Any]]) -> None:
    """Refuse a placeholder in the name of a field.

    botocore's model of ``InputTransformer``: "The placeholder cannot be used as an object key".
    """
    if keys := [key for key, _ in pairs if _VALUE in key]:
        raise ValueError(f"a placeholder cannot be in the name of a field, as in {keys[0]!r}")
