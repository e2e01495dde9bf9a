"""Reports that are made of values, without an AWS: of any number of repositories, and with hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from ecrops import Change, Plan, RegistrySpec, RepositorySpec
from ecrops.base.change import Kind, Note
from ecrops.lifecycle import Finding, Image
from ecrops.report import Outlook, Prices, Report, ReportedAccess, ReportedPrincipal, ReportedRepository, Unread
from ecrops.report.outlook import findings, merged, outlook

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ACCOUNT, REGION = "123456789012", "eu-west-1"
DAYS = 90
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<img src=https://example.com/x onerror=document.title='owned'>",
    "\"onmouseover=\"document.title='owned'",
    "'><svg onload=document.title='owned'>",
    "--><!--",
    "\x1b[31mred\x07",
    "\u202etxet",
    "</td></tr></table></style>",
)


def rule(priority: int, number: int, **selection: Any) -> dict[str, Any]:
    counted = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": number, **selection}
    return {"rulePriority": priority, "selection": counted, "action": {"type": "expire"}}


RULES = [
    rule(1, 7, tagStatus="untagged", countType="sinceImagePushed", countUnit="days"),
    rule(2, 20, tagStatus="tagged", tagPrefixList=["prod", "release"]),
    rule(3, 50),
]


def images(count: int) -> Iterator[Image]:
    for number in range(count):
        pushed = NOW - timedelta(hours=18 * number)
        yield Image(f"sha256:{number:064x}", [f"prod-{number}"] if number % 3 else [], pushed, 40_000_000 + number)


def change(
    owner: str,
    kind: Kind = Kind.UPDATE,
    what: str = "lifecycle",
    before: str = "keep last 3",
    after: str = "keep last 50",
) -> Change:
    return Change(owner=owner, kind=kind, what=what, before=before, after=after, account=ACCOUNT, region=REGION)


@cache
def look(size: int) -> tuple[Outlook, tuple[Finding, ...]]:
    """What the rules do to so many images: the same for all repositories, so that a thousand are made at once."""
    return outlook(RULES, images(size), NOW, DAYS)[:2]


def repository(number: int, *, text: str = "") -> ReportedRepository:
    """A repository with two differences, a finding, a policy, and images; or with a text in every place for texts."""
    size = 30 + 10 * (number % 5)
    name = f"team-{number % 7}/service-{number:04}"
    tags = {"team": f"team-{number % 7}", "cost-center": f"{number % 40}"}
    spec = RepositorySpec(
        name,
        image_tag_mutability="IMMUTABLE" if number % 3 else "MUTABLE",
        image_scan_on_push=bool(number % 2),
        encryption="AES256",
        lifecycle_rules=RULES,
        resource_policy={},
        tags=tags,
    )
    changes: tuple[Change, ...] = () if number % 2 else (change(name), change(name, what="tag mutability"))
    rules = RULES
    if text:
        spec = RepositorySpec(f"team/{text}", tags={text: text}, verbatim=["name", "tags"], unread={"encryption": text})
        changes = tuple(change(spec.name, kind, text, before=text, after=text) for kind in Kind)
        rules = [{**rule(1, 3, tagStatus="tagged", tagPrefixList=[text]), "description": text}]
    seen, warnings = look(size) if rules is RULES else outlook(rules, images(size), NOW, DAYS)[:2]
    noticed = merged([*warnings, Finding(text, 1, text)] if text else warnings, findings(rules))
    return ReportedRepository(spec, True, changes, rules, False, noticed, seen)


def report(count: int, **options: Any) -> Report:
    repositories = tuple(repository(number) for number in range(count))
    plan = Plan(tuple(change for repo in repositories for change in repo.changes), account=ACCOUNT, region=REGION)
    settings = RegistrySpec(scanning={"scan_on_push": ["team-1/*"]}, replication=[], registry_policy={})
    facts: dict[str, Any] = {"days": DAYS, "access": access("role nodes", "team-1/*", count), **options}
    return Report(ACCOUNT, REGION, NOW, repositories, plan, settings, **facts)


def access(who: str, repositories: str, count: int = 1) -> ReportedAccess:
    """So many principals that can pull, and one that was deleted."""
    principals = (
        ReportedPrincipal(f"{who} {number}", {"read": "none", "pull": repositories}) for number in range(count)
    )
    return ReportedAccess(tuple(principals), (f"a deleted role: {repositories}",), f"not seen: {who}")


def hostile(text: str) -> Report:
    """A report with a text of somebody else in every place that takes one."""
    repo = repository(1, text=text)
    plan = Plan(repo.changes, (Note(text),), account=text, region=text)
    settings = RegistrySpec(
        account_settings={"BLOB_MOUNTING": "ENABLED"},
        registry_policy={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "A",
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "ecr:*",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/team": text}},
                }
            ],
        },
    )
    unread = (Unread(text, text, text),)
    prices = Prices(currency=text[:8])
    return Report(text, text, NOW, (repo,), plan, settings, unread, prices, DAYS, text, access(text, text))
