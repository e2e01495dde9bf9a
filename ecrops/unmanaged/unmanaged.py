"""What is there and in no spec, as one value. It calls nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ecrops.base.render import count, page
from ecrops.unmanaged.values import Thing, UnmanagedGrant, UnmanagedRepository, UnmanagedRule, UnmanagedTemplate

MAX_ROWS = 200
"""The things that ``print`` shows."""
ALL = "all repositories"


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """What is there and in no spec: iterable, and false when there is nothing. ``registry.remove`` takes it away.

    Made by ``registry.unmanaged``. ``print`` shows a line for each, a notebook shows a table. It can be pickled.

    Args:
        account: The account that was looked at.
        region: The region that was looked at.
        within: What the names begin with; empty for all of the registry.
        repositories: The repositories.
        rules: The EventBridge rules that ecrops made.
        creation_templates: The repository creation templates.
        grants: What statements of ecrops allow.
        notes: What could not be read.
        looked_at: How many there are of each kind, with those that specs have; without repositories if the caller may
            not list them.
    """

    account: str
    region: str
    within: str
    repositories: tuple[UnmanagedRepository, ...] = ()
    rules: tuple[UnmanagedRule, ...] = ()
    creation_templates: tuple[UnmanagedTemplate, ...] = ()
    grants: tuple[UnmanagedGrant, ...] = ()
    notes: tuple[str, ...] = ()
    looked_at: Mapping[str, int] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Thing]:
        yield from (*self.repositories, *self.rules, *self.creation_templates, *self.grants)

    def __len__(self) -> int:
        return len(self.repositories) + len(self.rules) + len(self.creation_templates) + len(self.grants)

    def __repr__(self) -> str:
        return f"<Unmanaged: {self.summary}>"

    @property
    def summary(self) -> str:
        """How many there are of each kind, such as ``2 repositories, 1 grant in no spec``."""
        counts = [
            count(len(self.repositories), "repository", "repositories"),
            count(len(self.rules), "EventBridge rule"),
            count(len(self.creation_templates), "creation template"),
            count(len(self.grants), "grant"),
        ]
        found = [text for text in counts if not text.startswith("0 ")]
        return f"{', '.join(found)} in no spec" if found else "nothing that no spec has"

    @property
    def place(self) -> str:
        """Where it was looked for."""
        names = f"within {self.within}" if self.within else ALL
        return f"account {self.account}, region {self.region}, {names}"

    def __str__(self) -> str:
        things = list(self)
        lines = [str(thing) for thing in things[:MAX_ROWS]]
        more = [f"and {len(things) - MAX_ROWS:,} more"] if len(things) > MAX_ROWS else []
        return page([f"in {self.place}:", *lines, *more, self.summary, *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        from ecrops.base import html

        things = list(self)
        rows = [(thing.kind, thing.name, thing.detail) for thing in things[: html.MAX_CHANGES]]
        table = html.table(("kind", "name", "what it is"), rows, len(things))
        return html.output(html.title(self.summary, f"in {self.place}"), table, html.items(self.notes, where=".notes"))

    def to_dict(self) -> dict[str, Any]:
        """Return it, ready for JSON."""
        kinds = ("repositories", "rules", "creation_templates", "grants")
        return {
            "account": self.account,
            "region": self.region,
            "within": self.within,
            "summary": self.summary,
            **{name: [thing.to_dict() for thing in getattr(self, name)] for name in kinds},
            "notes": list(self.notes),
            "looked_at": dict(self.looked_at),
        }
