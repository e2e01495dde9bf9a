"""What one principal can do with one repository: a row of the report of access. Pure.

Made by ``judging``. A row says of each verb whether, by which statements, and on what that depends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ecrops.access import actions
from ecrops.access.answers.needs import Need, need_of
from ecrops.base.render import several
from ecrops.base.shown import Shown

SHOWN_VERBS = ("read", "pull", "push", "delete_images", "change_policies")
"""The verbs that a report has columns for."""
MOST_STATEMENTS = 3
MOST_ACTIONS = 2


@dataclass(frozen=True, slots=True)
class VerbAccess(Shown):
    """Whether a principal can do something, and where it says so.

    Args:
        allowed: ``True``, ``False``, or ``None`` if it depends on what is not known.
        because: The statements that allow all or a part of what it needs.
        denied_by: The statements that deny all or a part of it.
        depends_on: What it depends on, if it depends.
        lacks_token: Whether nothing is missing but the token to log in.

    As text it is ``yes``, ``no``, ``denied``, ``no token``; ``depends``; or ``unknown`` if nothing that could be read
    allows it, and something could not be read.
    """

    allowed: bool | None
    because: tuple[str, ...] = ()
    denied_by: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    lacks_token: bool = False

    def __str__(self) -> str:
        if self.lacks_token:
            return "no token"
        if self.allowed is None:
            return "depends" if self.because else "unknown"
        return "yes" if self.allowed else "denied" if self.denied_by else "no"

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        texts = {name: list(getattr(self, name)) for name in ("because", "denied_by", "depends_on")}
        return {"allowed": self.allowed, **texts, "lacks_token": self.lacks_token}


@dataclass(frozen=True)
class PrincipalAccess(Shown):
    """What a principal can do with a repository.

    Args:
        who: The principal, in words.
        kind: ``user``, ``group``, ``role``, ``session``, ``account``, ``service``, ``federated``, ``organization`` or
            ``everyone``. What a group can do is that of a member without other policies.
        name: The name that policies have for it: an ARN, the id of an account, the name of a service; empty for none.
        verbs: What it can do, by verb: see ``SHOWN_VERBS``.
        certain: The actions on the repository that it is allowed.
        possible: Those that it is allowed, or may be.
        token: Whether it can get the token to log in; ``None`` if that depends. It is true for a service of AWS, which
            needs none.
        because: The statements that allow it something, if that is none of the verbs.
    """

    who: str
    kind: str = ""
    name: str = ""
    verbs: Mapping[str, VerbAccess] = field(default_factory=dict)
    certain: frozenset[str] = field(default=frozenset(), repr=False)
    possible: frozenset[str] = field(default=frozenset(), repr=False)
    token: bool | None = True
    because: tuple[str, ...] = ()

    def allowed(self, verb_or_action: str) -> bool | None:
        """Return whether it is allowed something; ``None`` if that depends.

        Args:
            verb_or_action: ``pull``, ``push`` and the like, an action such as ``ecr:ListImages``, or a wildcard: then
                every action of a repository that it covers is needed.

        Raises:
            SpecError: It is none of these.
        """
        return self.meets(need_of(verb_or_action))

    def meets(self, need: Need) -> bool | None:
        """Return whether it is allowed all that is needed; ``None`` if that depends."""
        needed = frozenset(need.actions)
        if self.kind == "service" and not needed:
            return False  # no policy can allow a service the token, and it needs none
        token = self.token if need.token else True
        if not needed <= self.possible or token is False:
            return False
        return True if needed <= self.certain and token else None

    @property
    def is_idle(self) -> bool:
        """Whether it can do nothing with the repository."""
        return not self.possible

    @cached_property
    def denied_by(self) -> tuple[str, ...]:
        """The statements that deny it one of the verbs."""
        return _each(verb.denied_by for verb in self.verbs.values())

    @property
    def denied(self) -> str:
        """What it is denied, and by which statements, in words."""
        verbs = [_spaced(name) for name, verb in self.verbs.items() if verb.denied_by]
        return f"{self.who} may not {', '.join(verbs)}: {together(self.denied_by)}"

    @cached_property
    def further(self) -> str:
        """What it can do in words, if it can do something, and none of the verbs; else empty."""
        if any(verb.allowed is not False or verb.lacks_token for verb in self.verbs.values()):
            return ""
        return several(map(actions.short, sorted(self.possible)), most=MOST_ACTIONS)

    def cells(self) -> tuple[str, ...]:
        """Return the row as cells: who, one for each verb, other actions, what it depends on, where it says so."""
        verbs = [str(self.verbs.get(name, "no")) for name in SHOWN_VERBS]
        able = [verb for verb in self.verbs.values() if verb.allowed is not False or verb.lacks_token]
        because = together(_each(verb.because for verb in able) or self.because)
        denied = f"denied by {together(self.denied_by)}" if self.denied_by else ""
        depends = _each(verb.depends_on for verb in self.verbs.values())
        where = "; ".join(filter(None, (because, denied)))
        return self.who, *verbs, self.further, several(depends, most=MOST_STATEMENTS), where

    def to_dict(self) -> dict[str, Any]:
        """Return the row, ready for JSON."""
        return {
            "who": self.who,
            "kind": self.kind,
            "name": self.name,
            "token": self.token,
            "because": list(self.because),
            "verbs": {name: verb.to_dict() for name, verb in self.verbs.items()},
            "actions": {"certain": sorted(self.certain), "possible": sorted(self.possible - self.certain)},
        }


def together(sources: Iterable[str]) -> str:
    """Return statements in words, those of one policy together: ``inline policy ecrops, statements EcropsPull, 2``."""
    by_policy: dict[str, list[str]] = {}
    for source in sources:
        policy, _, statement = source.partition(", statement ")
        by_policy.setdefault(policy, []).extend([statement] if statement else [])
    return several((f"{policy}{_statements(names)}" for policy, names in by_policy.items()), "; ", MOST_STATEMENTS)


def _statements(names: list[str]) -> str:
    return f", {'statement' if len(names) == 1 else 'statements'} {several(names)}" if names else ""


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _each(texts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Return texts, each once."""
    return tuple(dict.fromkeys(text for part in texts for text in part))
