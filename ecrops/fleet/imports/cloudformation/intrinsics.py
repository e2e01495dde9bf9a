"""The functions of a template of CloudFormation, evaluated as far as the template and its parameters tell. Pure.

What they cannot tell, such as the value of an export of another stack, is an ``Absent`` with the reason in its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecrops.fleet.imports.building import Place
from ecrops.fleet.imports.cloudformation.physical import ATTRIBUTES, Resource, physical
from ecrops.fleet.imports.properties import Absent, absent_in, as_text

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")
NO_VALUE = object()
"""``AWS::NoValue``: the property that has it is not there."""


@dataclass
class Template:
    """A template, and what is known besides it.

    Args:
        document: The template.
        place: The account and region of the stack.
        parameters: The values of parameters, by name.
        resources: The names or ARNs of resources that CloudFormation made, by logical id.
        stack_name: The name of the stack; empty if it is not known.
    """

    document: Mapping[str, Any]
    place: Place
    parameters: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)
    stack_name: str = ""
    _conditions: dict[str, bool | Absent] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def part(self, name: str) -> Mapping[str, Any]:
        """Return a section of the template; an empty one if it has none."""
        section = self.document.get(name)
        return section if isinstance(section, Mapping) else {}

    def value(self, value: Any) -> Any:
        """Return a value with its functions evaluated. A member whose value is ``AWS::NoValue`` is left out."""
        if isinstance(value, Mapping):
            if len(value) == 1:
                [(name, argument)] = value.items()
                if name == "Ref" or (isinstance(name, str) and name.startswith("Fn::")):
                    return self._call(name, argument)
            known = {key: self.value(item) for key, item in value.items()}
            return {key: item for key, item in known.items() if item is not NO_VALUE}
        if isinstance(value, list):
            return [item for part in value if (item := self.value(part)) is not NO_VALUE]
        if isinstance(value, str) and "{{resolve:" in value:
            return Absent("is a dynamic reference ({{resolve:…}}): a secret, or a parameter of Systems Manager")
        return value

    def condition(self, name: object) -> bool | Absent:
        """Return whether a condition of the template holds."""
        if not isinstance(name, str) or name not in self.part("Conditions"):
            return Absent(f"the template has no condition {name!r}")
        if name not in self._conditions:
            if f"condition {name}" in self._open:
                return Absent(f"the condition {name} refers to itself")
            self._open.add(f"condition {name}")
            self._conditions[name] = self._truth(self.part("Conditions")[name])
            self._open.discard(f"condition {name}")
        return self._conditions[name]

    def physical(self, logical: str, kind: str, properties: Mapping[str, Any], attribute: str = "Ref") -> str | Absent:
        """Return the name of a resource, or another attribute of it.

        Args:
            logical: Its logical id.
            kind: Its type.
            properties: The properties that its name and ARN are made of, evaluated.
            attribute: The attribute, as in ``Fn::GetAtt``; by default what ``Ref`` returns.
        """
        return physical(Resource(logical, kind, properties, self.resources.get(logical, "")), attribute, self.place)

    # Conditions

    def _truth(self, value: Any) -> bool | Absent:
        if not isinstance(value, Mapping) or len(value) != 1:
            return Absent("a condition is no function that ecrops knows")
        [(name, argument)] = value.items()
        if name == "Condition":
            return self.condition(argument)
        if name == "Fn::Equals" and isinstance(argument, list) and len(argument) == 2:
            first, second = self.value(argument)
            absent = absent_in([first, second])
            return absent if absent is not None else bool(as_text(first) == as_text(second))
        parts = [self._truth(part) for part in argument] if isinstance(argument, list) else []
        if name == "Fn::Not" and len(parts) == 1:
            [part] = parts
            return part if isinstance(part, Absent) else not part
        if name in ("Fn::And", "Fn::Or") and parts:
            decisive = name == "Fn::Or"
            unknown = next((part for part in parts if isinstance(part, Absent)), not decisive)
            return decisive if decisive in parts else unknown
        return Absent(f"a condition has the function {name}, which ecrops does not know")

    # Functions

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Ref":
            return self._ref(argument)
        if name == "Fn::If":
            return self._if(argument)
        if name == "Fn::Sub":
            return self._sub(argument)
        if name == "Fn::GetAtt":
            parts = argument.split(".", 1) if isinstance(argument, str) else argument
            is_pair = isinstance(parts, list) and len(parts) == 2 and all(isinstance(part, str) for part in parts)
            return self._attribute(*parts) if is_pair else Absent("has a Fn::GetAtt that ecrops cannot evaluate")
        function = FUNCTIONS.get(name)
        if function is None:
            return Absent(f"has the function {name}, whose value is not in the template")
        known = self.value(argument)
        if (absent := absent_in(known)) is not None:
            return absent
        try:
            return function(self, known)
        except (LookupError, TypeError, ValueError, AttributeError):
            return Absent(f"has a {name} that ecrops cannot evaluate")

    def _ref(self, name: object) -> Any:
        if not isinstance(name, str):
            return Absent("has a Ref that ecrops cannot evaluate")
        if name in self.part("Parameters"):
            return self._parameter(name, self.part("Parameters")[name])
        if name.startswith("AWS::"):
            return self._pseudo(name)
        if name in self.part("Resources"):
            return self._attribute(name, "Ref")
        return Absent(f"refers to {name}, which the template does not have")

    def _pseudo(self, name: str) -> Any:
        values: dict[str, Any] = {
            "AWS::AccountId": self.place.account,
            "AWS::Region": self.place.region,
            "AWS::Partition": self.place.partition,
            "AWS::URLSuffix": self.place.url_suffix,
            "AWS::NoValue": NO_VALUE,
            "AWS::StackName": self.stack_name or Absent("uses the name of the stack: give stack_name="),
        }
        return values.get(name, Absent(f"uses {name}, which the template does not tell"))

    def _parameter(self, name: str, parameter: Any) -> Any:
        kind = str(parameter.get("Type", "")) if isinstance(parameter, Mapping) else ""
        way_out = f"give parameters={{{name!r}: …}}"
        if isinstance(parameter, Mapping) and str(parameter.get("NoEcho", "")).lower() == "true":
            return Absent(f"uses the parameter {name}, which is secret (NoEcho)")
        if name in self.parameters:
            value: Any = self.parameters[name]
        elif kind.startswith("AWS::SSM::"):
            return Absent(f"uses the parameter {name}, whose value is in Systems Manager: {way_out}")
        elif isinstance(parameter, Mapping) and "Default" in parameter:
            value = parameter["Default"]
        else:
            return Absent(f"uses the parameter {name}, which has no default: {way_out}")
        is_list = kind.startswith("List<") or kind == "CommaDelimitedList"
        return [part.strip() for part in value.split(",")] if is_list and isinstance(value, str) else value

    def _attribute(self, logical: str, attribute: str) -> Any:
        entry = self.part("Resources").get(logical)
        if not isinstance(entry, Mapping):
            return Absent(f"refers to {logical}, which the template does not have")
        if f"resource {logical}" in self._open:
            return Absent(f"refers to {logical}, which refers to itself")
        self._open.add(f"resource {logical}")
        try:
            kind, properties = str(entry.get("Type", "")), entry.get("Properties")
            known = ATTRIBUTES.get(kind)
            names = {}
            if known is not None and isinstance(properties, Mapping):
                names = {name: self.value(properties[name]) for name in known.properties if name in properties}
            return self.physical(logical, kind, names, attribute)
        finally:
            self._open.discard(f"resource {logical}")

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            return Absent("has a Fn::If that ecrops cannot evaluate")
        truth = self.condition(argument[0])
        return truth if isinstance(truth, Absent) else self.value(argument[1] if truth else argument[2])

    def _sub(self, argument: Any) -> Any:
        text, variables = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(variables, Mapping):
            return Absent("has a Fn::Sub that ecrops cannot evaluate")
        absent: list[Absent] = []

        def replaced(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{name}}}"
            if name in variables:
                value = self.value(variables[name])
            elif "." in name:
                value = self._call("Fn::GetAtt", name)
            else:
                value = self._ref(name)
            if isinstance(value, Absent):
                absent.append(value)
                return ""
            if value is NO_VALUE or isinstance(value, Mapping | list):
                absent.append(Absent(f"has ${{{name}}} in a Fn::Sub, which is no text"))
                return ""
            return as_text(value)

        result = _VARIABLE.sub(replaced, text)
        return absent[0] if absent else self.value(result) if "{{resolve:" in result else result


def _find(template: Template, argument: Any) -> Any:
    first, second, third = argument[:3]
    return template.value(template.part("Mappings")[first][second][third])


def _split(template: Template, argument: Any) -> list[str]:
    separator, text = argument
    return str(text).split(separator)


def _select(template: Template, argument: Any) -> Any:
    index, items = argument
    if not isinstance(items, list) or int(index) < 0:
        raise ValueError
    return items[int(index)]


def _join(template: Template, argument: Any) -> str:
    separator, items = argument
    if not isinstance(items, list) or any(isinstance(item, Mapping | list) for item in items):
        raise ValueError
    return str(separator).join(map(as_text, items))


def _to_json(template: Template, argument: Any) -> str:
    return json.dumps(argument)


FUNCTIONS: Mapping[str, Callable[[Template, Any], Any]] = {
    "Fn::FindInMap": _find,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Join": _join,
    "Fn::ToJsonString": _to_json,
}
