"""A policy document as a value that edits make others from: grants that ecrops wrote, and foreign statements. Pure.

Called by the aspects of ``access`` and by their edits. A document is parsed once: into **allowances**, the actions that
each subject is allowed by the statements of ecrops, and the **foreign** statements, which stay as they are. No method
changes a policy: each returns a new one. It knows IAM's policy language alone, and no ECR.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ecrops.base.lazy import computed
from ecrops.iam.sids import PREFIX, Namer, ReservedSids, free_sid, sid_for, sid_of_ours, used_sids
from ecrops.iam.statements import (
    OLD_VERSION,
    VERSION,
    Document,
    Statement,
    canonical_condition,
    condition_text,
    listed,
    meaning,
    plain_account,
    principals,
    statements,
)
from ecrops.iam.wildcards import covers

NO_ACTIONS: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Element:
    """The element of a statement that holds the subjects.

    Args:
        name: The name of the element.
        read: Returns the names of the subjects in the element's value.
        write: Returns the value that holds some names.
    """

    name: str
    read: Callable[[Any], list[str]]
    write: Callable[[list[str]], Any]


def one_or_all(values: list[str]) -> Any:
    """Return a single value by itself, several as a list."""
    return values[0] if len(values) == 1 else values


def _read_principals(value: Any) -> list[str]:
    return [f"{kind}:{name}" for kind, names in principals(value).items() for name in listed(names)]


def _write_principals(subjects: list[str]) -> Any:
    kinds: dict[str, list[str]] = {}
    for kind, _, name in (subject.partition(":") for subject in subjects):
        kinds.setdefault(kind, []).append(name)
    return {kind: one_or_all(names) for kind, names in kinds.items()}


RESOURCE = Element("Resource", listed, one_or_all)
PRINCIPAL = Element("Principal", _read_principals, _write_principals)


@dataclass(frozen=True, slots=True)
class Subject:
    """The principal, or the resource, that an allowance is about.

    Subjects are equal if they mean the same, however they are spelled: AWS may return an account or a condition
    otherwise than it was sent.

    Args:
        name: A resource, or a principal as ``AWS:…``, ``Service:…`` or ``Federated:…``.
        condition: The condition as JSON with sorted keys; empty for none.
        sid: The reserved Sid that its statement has; empty if subjects with the same actions share a statement.
    """

    name: str = field(compare=False)
    condition: str = field(default="", compare=False)
    sid: str = ""
    _meaning: tuple[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        kind = "AWS:" if self.name.startswith("AWS:") else ""
        name = kind + plain_account(self.name.removeprefix(kind))
        object.__setattr__(self, "_meaning", (name, canonical_condition(self.condition)))

    def part(self, action: str) -> str:
        """Return the permission of one action as canonical text: see ``Policy.parts``."""
        return f"allow {json.dumps([*self._meaning, self.sid, action.lower()])}"


Allowance = tuple[Subject, Iterable[str]]


@dataclass(frozen=True)
class Policy:
    """A policy document taken apart. It is a value: its methods return new policies.

    Args:
        element: The element that holds the subjects.
        namer: Names a set of actions in Sids.
        allowed: The actions that the statements of ecrops allow each subject.
        foreign: The statements that others wrote.
        members: The other members of the document, such as ``Version``.

    Example:
        >>> policy = Policy(RESOURCE, "And".join).allowing(Subject("*"), ["s3:Get"])
        >>> policy.forbidding(Subject("*")).document
        {}
    """

    element: Element
    namer: Namer = field(repr=False)
    allowed: Mapping[Subject, frozenset[str]] = field(default_factory=dict)
    foreign: Sequence[Statement] = ()
    members: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(
        cls, document: Mapping[str, Any], element: Element, namer: Namer, reserved: ReservedSids | None = None
    ) -> Policy:
        """Take a document apart.

        Args:
            document: The document; empty for none.
            element: As in ``Policy``.
            namer: As in ``Policy``.
            reserved: The Sids of statements that are not shared, and the actions that each allows.
        """
        allowances: list[Allowance] = []
        foreign: list[Statement] = []
        for statement in statements(document):
            sid = sid_of_ours(statement, element.name, namer, reserved or {})
            if sid is None:
                foreign.append(statement)
                continue
            actions, condition = listed(statement["Action"]), condition_text(statement.get("Condition"))
            allowances += [(Subject(name, condition, sid), actions) for name in element.read(statement[element.name])]
        members = {key: value for key, value in document.items() if key != "Statement"}
        if foreign and "Version" not in members:  # a newer version would change what the foreign statements mean
            members["Version"] = OLD_VERSION
        return cls(element, namer, foreign=tuple(foreign), members=members).allowing_all(allowances)

    def allowing(self, subject: Subject, actions: Iterable[str]) -> Policy:
        """Return a policy that allows a subject these actions too."""
        return self.allowing_all([(subject, actions)])

    def allowing_all(self, allowances: Iterable[Allowance]) -> Policy:
        """Return a policy that allows these subjects these actions too."""
        allowed = dict(self.allowed)
        for subject, actions in allowances:
            if added := frozenset(actions):
                allowed[subject] = allowed.get(subject, NO_ACTIONS) | added  # an equal subject keeps its spelling
        return self if allowed == self.allowed else replace(self, allowed=allowed)

    def forbidding(self, subject: Subject, actions: Iterable[str] | None = None) -> Policy:
        """Return a policy that allows a subject these actions no longer, nor those that wildcards among them mean.

        Args:
            subject: The subject.
            actions: The actions; all of them if ``None``.
        """
        if subject not in self.allowed:
            return self
        allowed, patterns = dict(self.allowed), ("*",) if actions is None else tuple(actions)
        remaining = frozenset(
            action for action in allowed[subject] if not any(covers(pattern, action) for pattern in patterns)
        )
        if remaining:
            allowed[subject] = remaining
        else:
            del allowed[subject]
        return replace(self, allowed=allowed)

    def with_foreign(self, foreign: Iterable[Statement]) -> Policy:
        """Return a policy with these foreign statements and no others."""
        return replace(self, foreign=tuple(foreign))

    @computed
    def document(self) -> Document:
        """The document: the foreign statements, then those of ecrops; empty if there are none. Not to be changed."""
        written = [*self.foreign, *self._statements()]
        return {"Version": VERSION, **self.members, "Statement": written} if written else {}

    @computed
    def parts(self) -> frozenset[str]:
        """All that the document says, part by part, as canonical text: order and spelling make no difference.

        There is a part for each action that the statements of ecrops allow a subject, one for each foreign statement,
        and one for each other member of the document. Today's ``Version`` is what a new document has, and is no part.
        """
        allowed = (subject.part(action) for subject, actions in self.allowed.items() for action in actions)
        foreign = Counter(map(meaning, self.foreign))
        stated = (
            f"statement {text}" if number == 1 else f"statement {text} again, {number}"
            for text, count in foreign.items()
            for number in range(1, count + 1)
        )
        members = (
            f"{name} {json.dumps(value, sort_keys=True)}"
            for name, value in (self.members if self.allowed or self.foreign else {}).items()
            if (name, value) != ("Version", VERSION)
        )
        return frozenset((*allowed, *stated, *members))

    def _statements(self) -> Iterator[dict[str, Any]]:
        used = used_sids(self.foreign)
        groups: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
        for subject, actions in self.allowed.items():
            groups.setdefault((subject.sid, subject.condition, tuple(sorted(actions))), []).append(subject.name)
        for (reserved, condition, allowed), names in sorted(groups.items()):
            sid = free_sid(sid_for(reserved or PREFIX + self.namer(frozenset(allowed)), condition), used)
            used.add(sid)
            yield {
                "Sid": sid,
                "Effect": "Allow",
                self.element.name: self.element.write(sorted(names)),
                "Action": one_or_all(list(allowed)),
                **({"Condition": json.loads(condition)} if condition else {}),
            }
