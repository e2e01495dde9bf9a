"""The algebra of policy documents: what two have in common, and what an edit leaves. Pure.

It works on IAM's JSON policy language alone. A policy is taken apart into **allowances**, which ecrops wrote
itself and knows by their Sid, and the statements of others, which it keeps as they are.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ecrops.iam.text import to_text
from ecrops.iam.wildcards import covers

Document = dict[str, Any]
Statement = Mapping[str, Any]
Namer = Callable[[frozenset[str]], str]  # what a set of actions is called in Sids
OwnSids = Mapping[str, Collection[str]]

VERSION = "2012-10-17"
OLD_VERSION = "2008-10-17"  # what a document without a version means
PREFIX = "Ecrops"  # of the Sids of the statements that ecrops writes


def statements(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The statements of a document; a single one need not be in a list."""
    part = document.get("Statement") or []
    return [dict(each) for each in ([part] if isinstance(part, Mapping) else part)]


def listed(value: Any) -> list[Any]:
    """A value, or a list of values, as a list."""
    return list(value) if isinstance(value, list | tuple | set | frozenset) else [value]


# Meaning


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two documents mean the same, however they are spelled and ordered."""
    return bool(canonical(one) == canonical(other))


def canonical(document: Mapping[str, Any]) -> Any:
    """What a document means, comparable: order, spelling and lists of one do not count, repetitions do."""
    meanings = Counter(meaning(statement) for statement in statements(document))
    if not meanings:
        return None
    rest = {key: value for key, value in document.items() if key not in ("Statement", "Version")}
    return document.get("Version") or OLD_VERSION, to_text(rest), meanings


def meaning(statement: Statement) -> str:
    """What a statement means, comparable."""
    said = {key: value for key, value in statement.items() if value or key not in ("Sid", "Condition")}
    return json.dumps({key: _canonical(key, value) for key, value in said.items()}, sort_keys=True)


def _canonical(key: str, value: Any) -> Any:
    if key in ("Action", "NotAction"):
        return _values(str(each).lower() for each in listed(value))
    if key in ("Resource", "NotResource"):
        return _values(listed(value))
    if key in ("Principal", "NotPrincipal"):
        return {kind: _values(map(plain_account, listed(who))) for kind, who in _principals(value).items()}
    if key == "Condition":
        return _condition(value)
    return value.capitalize() if key == "Effect" and isinstance(value, str) else value


def _condition(value: Any) -> Any:
    """Condition keys are case-blind; booleans and numbers are their text."""
    is_one = isinstance(value, Mapping) and all(isinstance(test, Mapping) for test in value.values())
    return {operator: _test(test) for operator, test in value.items()} if is_one else value


def _test(test: Mapping[str, Any]) -> dict[str, list[Any]]:
    keys: dict[str, list[Any]] = {}
    for key, values in test.items():  # there may be two that differ in case alone
        keys.setdefault(key.lower(), []).extend(map(_text, listed(values)))
    return {key: _values(values) for key, values in keys.items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _values(values: Iterable[Any]) -> list[Any]:
    """Each once, in one order, whatever they are: what somebody asks for may be anything."""
    once = {each if isinstance(each, str) else json.dumps(each, sort_keys=True): each for each in values}
    return [once[key] for key in sorted(once)]


def _principals(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {"AWS": value}


def plain_account(principal: str) -> str:
    """An account's id and the ARN of its root are one principal, in every partition."""
    parts = str(principal).split(":")
    is_root = len(parts) == 6 and parts[2] == "iam" and parts[5] == "root"
    return parts[4] if is_root else str(principal)


# Where the subjects of an allowance stand in a statement


@dataclass(frozen=True)
class Element:
    """The element of a statement that its allowances differ in, and how subjects stand in it."""

    name: str
    read: Callable[[Any], list[str]]
    write: Callable[[list[str]], Any]


def one_or_all(values: list[str]) -> Any:
    """One value by itself, several as a list."""
    return values[0] if len(values) == 1 else values


def _read_principals(value: Any) -> list[str]:
    return [f"{kind}:{who}" for kind, whos in _principals(value).items() for who in listed(whos)]


def _write_principals(subjects: list[str]) -> Any:
    kinds: dict[str, list[str]] = {}
    for kind, _, who in (subject.partition(":") for subject in subjects):
        kinds.setdefault(kind, []).append(who)
    return {kind: one_or_all(whos) for kind, whos in kinds.items()}


RESOURCE = Element("Resource", listed, one_or_all)
PRINCIPAL = Element("Principal", _read_principals, _write_principals)


# Edits


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom, or what, an allowance is about.

    Args:
        name: A resource, or a principal as ``AWS:…``, ``Service:…`` or ``Federated:…``.
        condition: The condition as canonical JSON; empty for none.
        sid: The Sid of a statement of its own; empty where subjects with the same actions share one.
    """

    name: str
    condition: str = ""
    sid: str = ""


@dataclass
class Policy:
    """A policy document taken apart, for edits to change.

    Args:
        element: Where subjects stand.
        allowed: What each subject is allowed by the statements of ecrops.
        others: The statements of others.
        rest: The other members of the document.
    """

    element: Element
    allowed: dict[Subject, frozenset[str]] = field(default_factory=dict)
    others: list[dict[str, Any]] = field(default_factory=list)
    rest: dict[str, Any] = field(default_factory=dict)
    _spelled: dict[tuple[str, str, str], Subject] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._spelled |= {_meaning_of(subject): subject for subject in self.allowed}

    @classmethod
    def parse(cls, document: Mapping[str, Any], element: Element, name: Namer, own: OwnSids | None = None) -> Policy:
        """Take a document apart; ``own`` are the Sids of statements that are not shared, and what those allow."""
        policy = cls(element, rest={key: value for key, value in document.items() if key != "Statement"})
        for statement in statements(document):
            sid = sid_of_ours(statement, element, name, own or {})
            if sid is None:
                policy.others.append(statement)
                continue
            for who in element.read(statement[element.name]):
                subject = Subject(who, condition_text(statement.get("Condition")), sid)
                policy.allow(subject, listed(statement["Action"]))
        if policy.others and "Version" not in policy.rest:  # a newer one would change what theirs mean
            policy.rest["Version"] = OLD_VERSION
        return policy

    def allow(self, subject: Subject, actions: Iterable[str]) -> None:
        """Allow a subject these actions too."""
        if not (actions := frozenset(actions)):
            return
        subject = self._spelled.setdefault(_meaning_of(subject), subject)
        self.allowed[subject] = self.allowed.get(subject, frozenset()) | actions

    def forbid(self, subject: Subject, actions: Iterable[str] | None = None) -> None:
        """Allow a subject these actions no longer, nor what wildcards among them mean; without actions, none."""
        subject = self._spelled.get(_meaning_of(subject), subject)
        left = self.allowed.pop(subject, frozenset())
        taken = ("*",) if actions is None else tuple(actions)
        if left := frozenset(each for each in left if not any(covers(pattern, each) for pattern in taken)):
            self.allowed[subject] = left

    def document(self, name: Namer) -> Document:
        """The document: the statements of others, then ours; empty if there are none.

        Args:
            name: What a set of actions is called in Sids.
        """
        written = [*self.others, *self._ours(name)]
        return {"Version": VERSION, **self.rest, "Statement": written} if written else {}

    def _ours(self, name: Namer) -> Iterator[dict[str, Any]]:
        taken = {str(each.get("Sid")) for each in self.others}
        groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for subject, actions in self.allowed.items():
            groups.setdefault((subject.sid, subject.condition, tuple(sorted(actions))), []).append(subject.name)
        for (sid, condition, allowed), names in sorted(groups.items()):
            free_sid = free(_sid(sid or PREFIX + name(frozenset(allowed)), condition), taken)
            taken.add(free_sid)
            yield {
                "Sid": free_sid,
                "Effect": "Allow",
                self.element.name: self.element.write(sorted(names)),
                "Action": one_or_all(list(allowed)),
                **({"Condition": json.loads(condition)} if condition else {}),
            }


@cache
def _meaning_of(subject: Subject) -> tuple[str, str, str]:
    """What a subject means, however AWS spells it: it may write accounts and conditions anew."""
    kind, _, who = subject.name.partition(":") if subject.name.startswith("AWS:") else ("", "", subject.name)
    return f"{kind}:{plain_account(who)}", canonical_condition(subject.condition), subject.sid


def canonical_condition(condition: str) -> str:
    """What a condition means, comparable, however AWS spells it."""
    return json.dumps(_condition(json.loads(condition)), sort_keys=True) if condition else ""


def is_ours(statement: Statement) -> bool:
    """Whether a statement has a Sid of those that ecrops keeps for itself."""
    return str(statement.get("Sid", "")).startswith(PREFIX)


def sid_of_ours(statement: Statement, element: Element, name: Namer, own: OwnSids) -> str | None:
    """The Sid of its own that a statement of ecrops has, empty for one that is shared, ``None`` for another's.

    One that somebody has made into something else is somebody's.
    """
    plain = {"Sid", "Effect", "Action", element.name}
    if not plain <= set(statement) <= {*plain, "Condition"} or statement["Effect"] != "Allow":
        return None
    allowed, condition = listed(statement["Action"]), condition_text(statement.get("Condition"))
    if not all(isinstance(action, str) for action in allowed):
        return None
    bases = {"": PREFIX + name(frozenset(allowed)), **{sid: sid for sid in own if set(own[sid]) == set(allowed)}}
    for sid, base in bases.items():
        if re.fullmatch(rf"{re.escape(_sid(base, condition))}\d{{0,2}}", str(statement["Sid"])):
            return sid
    return None


def _sid(base: str, condition: str) -> str:
    return base + (fingerprint(canonical_condition(condition)) if condition else "")


def free(sid: str, taken: Collection[str]) -> str:
    """The Sid, with a number if it is taken."""
    return next(each for each in (sid, *map(f"{sid}{{}}".format, range(2, 100))) if each not in taken)


def condition_text(condition: Any) -> str:
    """A condition as canonical JSON; empty for none."""
    return json.dumps(condition, sort_keys=True) if condition else ""


def fingerprint(text: str) -> str:
    """A few characters that tell texts apart, allowed in a Sid."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
