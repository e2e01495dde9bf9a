"""What an import made: specs, and what could not be carried over. Values, made by ``building``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ecrops.base import html
from ecrops.base.render import count
from ecrops.base.shown import ShownTuple, shown_all
from ecrops.errors import SpecError
from ecrops.fleet.placeholders import escaped
from ecrops.fleet.plain import fleet_to_dict
from ecrops.fleet.writing import text_of
from ecrops.spec import RepositorySpec
from ecrops.text import printable

if TYPE_CHECKING:
    from ecrops.public.spec import PublicRepositorySpec
    from ecrops.registry_settings.spec import RegistrySpec

STAND_INS: Mapping[str, str] = {"account": "909090909090", "region": "us-standin-9"}
"""What stands in specs for an account or a region that nobody named, and is a placeholder in the fleet file."""


class Left(NamedTuple):
    """Something that was not carried over.

    Args:
        address: The resource, as the other tool names it: ``module.a.aws_ecr_repository.x["y"]``, or a logical id.
        field: The attribute or property of it; empty for the whole resource.
        reason: Why, and the way out.
    """

    address: str
    field: str
    reason: str

    def __str__(self) -> str:
        field = f": {self.field}" if self.field else ""
        return printable(f"{self.address}{field}: {self.reason}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file of another tool says of ECR.

    Args:
        repositories: The repositories, by name.
        registry: The settings of the registry; ``None`` if the file has none.
        public: The public repositories, by name: for ``PublicRegistry().ensure``. They are in no fleet file.
        left: What was not carried over.
        placeholders: ``account`` or ``region``, where the file uses one that nobody named. It is a placeholder in the
            fleet file, and there are no ``specs`` without it.
    """

    repositories: tuple[RepositorySpec, ...] = ()
    registry: RegistrySpec | None = None
    public: tuple[PublicRepositorySpec, ...] = ()
    left: tuple[Left, ...] = ()
    placeholders: tuple[str, ...] = ()

    def __repr__(self) -> str:
        repositories = count(len(self.repositories), "repository", "repositories")
        return f"<Imported: {repositories}, {len(self.left):,} not carried over>"

    def _repr_html_(self) -> str:
        values = [value for value in (self.registry, ShownTuple(self.repositories), ShownTuple(self.public)) if value]
        page = shown_all(
            *values, html.folded(f"{len(self.left):,} not carried over", html.items(self.left, html.MAX_CHANGES))
        )
        for name in self.placeholders:
            page = page.replace(STAND_INS[name], f"{{{name}}}")
        return page

    @property
    def specs(self) -> tuple[RepositorySpec | RegistrySpec, ...]:
        """The specs, for ``registry.plan(*imported.specs)``: that of the registry first.

        Raises:
            SpecError: The file uses an account or a region that nobody named.
        """
        if self.placeholders:
            named = ", ".join(f"{name}={example!r}" for name, example in _EXAMPLES.items() if name in self.placeholders)
            raise SpecError(
                f"the file says neither: give {named}; or write text() into a fleet file, which has placeholders"
            )
        return (*([] if self.registry is None else [self.registry]), *self.repositories)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the fleet file, with ``{account}`` and ``{region}`` where nobody named them.

        Other braces are escaped, as ``read_fleet`` expects it.
        """
        settings = [] if self.registry is None else [self.registry]
        fleet = escaped(fleet_to_dict([*settings, *self.repositories]))
        result: dict[str, Any] = _with_placeholders(fleet, self.placeholders)
        return result

    def text(self, format: Literal["yaml", "json"] = "yaml") -> str:
        """Return the text of the fleet file, which ``read_fleet`` reads."""
        return text_of(self.to_dict(), format)

    def __str__(self) -> str:
        counts = [count(len(self.repositories), "repository", "repositories")]
        if self.registry is not None:
            names = [*self.registry.managed, *([] if self.registry.events is None else ["events"])]
            counts.append(f"of the registry: {', '.join(names)}")
        if self.public:
            counts.append(count(len(self.public), "public repository", "public repositories"))
        if not self.left:
            return "; ".join([*counts, "nothing left"])
        return "\n".join(
            ["; ".join(counts), f"not carried over: {len(self.left)}", *(f"  {item}" for item in self.left)]
        )


_EXAMPLES = {"account": "123456789012", "region": "eu-west-1"}


def _with_placeholders(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        for name in names:
            value = value.replace(STAND_INS[name], f"{{{name}}}")
        return value
    if isinstance(value, dict):
        return {_with_placeholders(key, names): _with_placeholders(item, names) for key, item in value.items()}
    return [_with_placeholders(item, names) for item in value] if isinstance(value, list) else value
