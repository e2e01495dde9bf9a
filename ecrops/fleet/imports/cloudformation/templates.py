"""Reading a template of CloudFormation: JSON, or YAML with the short forms of functions (``!Ref``, ``!Sub``). Pure.

YAML needs PyYAML (``pip install ecrops[yaml]``), which is imported for YAML alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecrops.base.plain_json import MAX_DEPTH, check_depth
from ecrops.errors import SpecError
from ecrops.fleet.document import MAX_VALUES

NO_PREFIX = ("Ref", "Condition")
"""The functions whose long form is not called ``Fn::…``."""
_TOO_MUCH = f"expected a template of CloudFormation, got more than {MAX_VALUES:,} values, with all its aliases"
_SHOW = "'cdk synth' and 'aws cloudformation get-template' print one"


def template_of(data: object) -> Mapping[str, Any]:
    """Return a template from its text, its value, or the path of a file with it.

    Raises:
        SpecError: It is none.
    """
    if isinstance(data, Path):
        data = data.read_bytes()
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise SpecError(f"expected a template of CloudFormation, got bytes that are no text: {_SHOW}") from None
    value = _read(data) if isinstance(data, str) else data
    if not isinstance(value, Mapping):
        raise SpecError(f"expected a template of CloudFormation, got a value of type {type(value).__name__}: {_SHOW}")
    if isinstance(body := value.get("TemplateBody"), str | Mapping):  # what 'aws cloudformation get-template' prints
        return template_of(body)
    resources = value.get("Resources")
    if "terraform_version" in value or "planned_values" in value:
        raise SpecError("expected a template of CloudFormation, and this is a state or a plan of Terraform")
    if not isinstance(resources, Mapping):
        raise SpecError(f"expected a template of CloudFormation, with Resources: {_SHOW}")
    if not resources:
        raise SpecError("the template is empty: it has no Resources")
    check_depth(value)
    _size(value, {})
    return value


def _read(text: str) -> Any:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text, object_pairs_hook=_once)
        except SpecError:
            raise
        except RecursionError:
            raise SpecError(
                f"expected a template of CloudFormation, got something more than {MAX_DEPTH} levels deep"
            ) from None
        except ValueError as error:
            if not text.lstrip().startswith("{") or "\n" not in text.strip():
                line = getattr(error, "lineno", 0)
                raise SpecError(f"expected a template of CloudFormation, and line {line} is no JSON: {_SHOW}") from None
    return _from_yaml(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a mapping of JSON. Of a key that is there twice, one value would be lost without a word."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        raise SpecError(_twice(next(name for name in names if names.count(name) > 1), "the JSON"))
    return values


def _twice(key: object, where: str) -> str:
    return f"expected a template of CloudFormation, and {where} has the key {key!r} twice: leave one of them out"


def _from_yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise SpecError("a template in YAML needs PyYAML: pip install 'ecrops[yaml]', or give it as JSON") from None
    try:
        return yaml.load(text, Loader=_loader())
    except SpecError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "somewhere"
        reason = f"{where} is no YAML ({error.problem})"
        raise SpecError(f"expected a template of CloudFormation, and {reason}: {_SHOW}") from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise SpecError(f"expected a template of CloudFormation, got no YAML: {_SHOW}") from None


def _loader() -> Any:
    """Return a loader of YAML that knows the short forms, and takes dates and octal numbers for the texts they are."""
    import yaml

    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc]
        """A loader of templates."""

        def flatten_mapping(self, node: Any) -> None:
            """Refuse keys that are there twice, and merge keys that make too much."""
            seen: set[str] = set()
            for key, _ in () if hasattr(node, "is_flat") else node.value:
                if isinstance(key.value, str) and key.value != "<<":
                    if key.value in seen:
                        raise SpecError(_twice(key.value, f"line {key.start_mark.line + 1}"))
                    seen.add(key.value)
            node.is_flat = True
            super().flatten_mapping(node)
            if len(node.value) > MAX_VALUES:
                raise SpecError(_TOO_MUCH)

    Loader.yaml_implicit_resolvers = {
        first: [(tag, expression) for tag, expression in known if not tag.endswith((":timestamp", ":int"))]
        for first, known in base.yaml_implicit_resolvers.items()
    }
    # a number with a leading zero is octal in YAML, and an account in a template
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
    Loader.add_multi_constructor("!", _function)
    return Loader


def _function(loader: Any, name: str, node: Any) -> Any:
    """Return the long form of a function in its short form."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if name == "GetAtt":
            resource, _, attribute = str(value).partition(".")
            value = [resource, attribute]
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in NO_PREFIX else f"Fn::{name}": value}


def _size(value: Any, known: dict[int, int]) -> int:
    """Return how many values a value has, where each alias of YAML counts as what it stands for.

    Raises:
        SpecError: There are too many.
    """
    if not isinstance(value, Mapping | list):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, Mapping) else value
        known[id(value)] = 1 + sum(_size(part, known) for part in parts)
        if known[id(value)] > MAX_VALUES:
            raise SpecError(_TOO_MUCH)
    return known[id(value)]
