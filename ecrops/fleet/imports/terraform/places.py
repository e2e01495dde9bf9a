"""The account and region of each resource of Terraform, and which of them are imported. Pure.

Called by ``reading``. A resource tells its place by its ARN, or as others of the same provider have it; a policy also
as the one repository of its name. What tells none, in a file that may have several, is in no fleet: a lifecycle policy
of another region deletes images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from ecrops.aws import Arn
from ecrops.errors import SpecError
from ecrops.fleet.imports.building import Place, check_place
from ecrops.fleet.imports.terraform.states import Instance

KINDS = ("aws_ecr_", "aws_ecrpublic_")
_PARTS = ("account", "region")
_OF_REPOSITORIES = ("aws_ecr_lifecycle_policy", "aws_ecr_repository_policy")
_PULL = "import the output of 'terraform state pull', which names the provider of each"


@dataclass(frozen=True, slots=True)
class Found:
    """A resource, and where it is as far as it tells."""

    instance: Instance
    account: str
    region: str

    @property
    def is_ours(self) -> bool:
        """Whether it is of ECR."""
        return self.instance.type.startswith(KINDS)

    @property
    def has_region(self) -> bool:
        """Whether it belongs to one region."""
        return not self.instance.type.startswith(("aws_iam_", "aws_ecrpublic_"))


def placed(instances: Sequence[Instance]) -> list[Found]:
    """Return resources with their account and region: by themselves, or as others tell it."""
    resources = [Found(item, *_own_place(item)) for item in instances]
    known: dict[tuple[str, str], set[str]] = {}
    for item in resources:
        for part in _PARTS:
            if item.instance.provider and (value := getattr(item, part)):
                known.setdefault((item.instance.provider, part), set()).add(value)

    def of_provider(item: Found, part: str) -> str:
        return _only(known.get((item.instance.provider, part), set()))

    return _as_repositories(
        [
            replace(
                item,
                account=item.account or of_provider(item, "account"),
                region=item.region or of_provider(item, "region"),
            )
            for item in resources
        ]
    )


def _as_repositories(resources: Sequence[Found]) -> list[Found]:
    """Return resources, with the policies of a repository where the one repository of their name is."""
    regions: dict[tuple[str, str], set[str]] = {}
    for item in resources:
        if item.instance.type == "aws_ecr_repository":
            name = str(item.instance.values.get("name"))
            regions.setdefault((item.account, name), set()).add(item.region)

    def region_of(item: Found) -> str:
        if item.region or item.instance.type not in _OF_REPOSITORIES:
            return item.region
        return _only(regions.get((item.account, str(item.instance.values.get("repository"))), set()))

    return [replace(item, region=region_of(item)) for item in resources]


def _only(values: Collection[str]) -> str:
    """Return the one value that there is; empty if there are none or several."""
    return next(iter(values)) if len(values) == 1 else ""


def _own_place(item: Instance) -> tuple[str, str]:
    """Return the account and region that a resource tells by itself; empty if it does not."""
    values = item.values
    arn = None if item.type == "aws_cloudwatch_event_target" else parsed(values.get("arn"))  # that is of its target
    region = values.get("region") if isinstance(values.get("region"), str) else item.region
    account = values.get("registry_id")
    is_public = item.type.startswith("aws_ecrpublic_")  # in us-east-1, whatever the region of the others
    return (
        arn.account if arn else account if isinstance(account, str) else "",
        "" if is_public else arn.region if arn else str(region),
    )


def parsed(text: object) -> Arn | None:
    """Return an ARN; ``None`` if a value is none."""
    try:
        return Arn.parse(text) if isinstance(text, str) else None
    except SpecError:
        return None


def place_of(resources: Sequence[Found], account: str | None, region: str | None) -> Place:
    """Return the one account and region of the file.

    Raises:
        SpecError: There are several, or none is the one that is asked for, or nobody can tell how many there are.
    """
    check_place(account, region)
    ours = [item for item in resources if item.is_ours]
    accounts = Counter(item.account for item in ours if item.account)
    regions = Counter(item.region for item in ours if item.region and account in (None, item.account or account))
    chosen = _one("account", accounts, account)
    partitions = [arn.partition for item in ours if (arn := parsed(item.instance.values.get("arn")))]
    place = Place()
    place = Place(
        chosen or place.account, _one("region", regions, region) or place.region, next(iter(partitions), "aws")
    )
    _check_providers([item for item in ours if not is_elsewhere(item, place)])
    return place


def _one(what: str, known: Counter[str], chosen: str | None) -> str:
    names = ", ".join(f"{name} ({count})" for name, count in sorted(known.items()))
    if chosen is None and len(known) > 1:
        raise SpecError(f"the resources are of several {what}s, {names}: choose one with {what}={min(known)!r}")
    if chosen is not None and known and chosen not in known:
        raise SpecError(f"{what}: no resource of ECR is of {chosen!r}, but of {names}")
    return chosen or next(iter(known), "")


def _check_providers(ours: Sequence[Found]) -> None:
    """Refuse resources of several providers that may be of several accounts or regions: none tells."""
    for part in _PARTS:
        items = [item for item in ours if part == "account" or item.has_region]
        providers = sorted({item.instance.provider for item in items if item.instance.provider})
        if len(providers) > 1 and not any(getattr(item, part) for item in items):
            raise SpecError(
                f"the resources are of several providers, {', '.join(providers)}, and the file does not say the "
                f"{part} of any: apply the plan, and import the state"
            )


def is_elsewhere(item: Found, place: Place) -> bool:
    """Whether a resource tells that it is in another account or region."""
    is_other_region = item.has_region and bool(item.region) and item.region != place.region
    return is_other_region or (bool(item.account) and item.account != place.account)


def elsewhere(item: Found) -> str:
    """Return why a resource of another account or region is left."""
    where = f"account={item.account!r}, region={item.region!r}"
    return f"is in another account or region: import it by itself, with {where}"


def untold(resources: Sequence[Found], place: Place) -> Iterator[tuple[Found, str]]:
    """Yield each resource that may be in another account or region, and why nobody knows."""
    for part in _PARTS:
        told = [
            item for item in resources if item.is_ours and getattr(item, part) and item.account in ("", place.account)
        ]
        if part == "account":
            told = [item for item in resources if item.is_ours and item.account]
        is_several = len({getattr(item, part) for item in told}) > 1
        providers = {item.instance.provider for item in told}
        for item in resources:
            if getattr(item, part) or not told or (part == "region" and not item.has_region):
                continue
            provider = item.instance.provider
            if is_several or (provider and "" not in providers and provider not in providers):
                yield item, f"the file does not say of which {part} it is, and may have several: {_PULL}"
