"""A public repository as it should be, as a value that checks itself. It calls nothing, and knows no aspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields
from typing import Any, Self, cast

from ecrops.base.problems import Problems, compact, suggesting
from ecrops.base.shown import Shown
from ecrops.public.values import CatalogData, check_catalog, check_public_name
from ecrops.repositories import verbatim
from ecrops.repositories.advice import DELETION
from ecrops.repositories.checks import check_tags
from ecrops.repositories.values import PUBLIC

UNNAMED = "unnamed"
"""The name in the place of a missing one, so that everything else that is wrong is reported with it."""
READ = ("catalog_data", "resource_policy", "tags")
VERBATIM = ("name", "resource_policy", "tags")
_PRIVATE_ONLY = "only private repositories have it: RepositorySpec, and Registry"
ADVICE: Mapping[str, str] = {
    **DELETION,
    **dict.fromkeys(
        ("description", "about_text", "usage_text", "logo_image_blob"), "write catalog_data=CatalogData(…)"
    ),
    **dict.fromkeys(("architectures", "operating_systems"), "write catalog_data=CatalogData(…)"),
    **dict.fromkeys(("encryption", "encryption_key", "lifecycle_rules", "image_scan_on_push"), _PRIVATE_ONLY),
    **dict.fromkeys(("image_tag_mutability", "events"), _PRIVATE_ONLY),
    "grants": "write PublicRepository.grant_push(principal)",
    "repository_catalog_data": "did you mean catalog_data?",
    "repository_policy_text": "did you mean resource_policy?",
    "policy": "did you mean resource_policy?",
    "repository_name": "did you mean name?",
}


@suggesting(ADVICE)
@dataclass(frozen=True, slots=True)
class PublicRepositorySpec(Shown):
    """A public repository as it should be. A field left at ``None`` is neither read nor written; an empty one removes.

    Args:
        name: 2 to 205 characters: lower-case letters and digits, with single ``.``, ``_``, ``-`` or ``/`` between.
        catalog_data: What the gallery shows of it. A member that is left at ``None`` stays as it is.
        resource_policy: The repository policy, as a document, with actions such as ``ecr-public:PutImage``; ``{}``
            removes it. It says who may push: everybody can pull, and no policy changes that.
        tags: All tags of the repository; ``{}`` removes them. Tags of AWS (``aws:…``) are left alone.
        verbatim: The names of fields (``name``, ``resource_policy``, ``tags``) that hold what AWS has, and ecrops would
            not write. They are compared, and never written: a difference is a conflict. ``describe`` sets it.
        unread: Fields that ``describe`` could not read, each with the reason. They are not managed.

    Raises:
        SpecError: No public repository can be like this; with every reason.

    Example:
        >>> PublicRepositorySpec("tools", catalog_data=CatalogData(description="Our tools")).name
        'tools'
    """

    name: str
    _: KW_ONLY
    catalog_data: CatalogData | Mapping[str, Any] | None = None
    resource_policy: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None
    verbatim: Sequence[str] | None = None
    unread: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return compact(self)

    def __post_init__(self) -> None:
        problems = Problems()
        self._take_verbatim(problems)
        if self._is_checked("name"):
            problems.take("name", lambda: check_public_name(self.name))
        if self.catalog_data is not None:
            self._set("catalog_data", problems.take("catalog_data", lambda: check_catalog(self.catalog_data)))
        if self.resource_policy is not None and self._is_checked("resource_policy"):
            from ecrops.access.policy_checks import check_document

            policy = problems.take("resource_policy", lambda: check_document(self.resource_policy, PUBLIC))
            self._set("resource_policy", policy)
        if self.tags is not None and self._is_checked("tags"):
            self._set("tags", problems.take("tags", lambda: check_tags(self.tags)))
        problems.raise_any()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _is_checked(self, name: str) -> bool:
        """Whether a field is not verbatim."""
        return not verbatim.has_any(self.verbatim, (name,))

    def _take_verbatim(self, problems: Problems) -> None:
        if self.verbatim is not None:
            names = verbatim.check_names(problems, self.verbatim, VERBATIM)
            self._set("verbatim", names or None)
            for name in names:
                self._set(name, verbatim.copied(problems, name, getattr(self, name)))
        if self.unread is not None:
            self._set("unread", verbatim.check_unread(problems, self.unread, READ))

    @property
    def catalog(self) -> CatalogData:
        """The catalog data; without any, one that manages nothing."""
        return cast("CatalogData", self.catalog_data or CatalogData())

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Read what ``to_dict`` wrote.

        Args:
            data: A mapping with the names of the fields.

        Raises:
            SpecError: With the path of each field that is unknown or wrong.
        """
        problems = Problems()
        names = [field.name for field in fields(cls) if field.name != "_"]
        values = problems.known(data, names, "a public repository", ADVICE)
        if (unchecked := values.pop("verbatim", None)) is not None:
            values = verbatim.take(problems, values, unchecked, VERBATIM)
        problems.check("name" in values, "name", "is missing")
        spec = problems.take("", lambda: cls(**{"name": UNNAMED, **values}))
        problems.raise_any()
        return cast("Self", spec)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that are managed, ready for JSON; those that are verbatim under ``verbatim``."""
        values = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "verbatim"}
        given = {name: value for name, value in values.items() if value is not None}
        if "catalog_data" in given:
            given["catalog_data"] = self.catalog.to_dict()
        return verbatim.apart(given, self.verbatim or ())
