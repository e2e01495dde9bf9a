"""The main job, end to end: plan, create, converge, repair, refuse, simulate, guard, grant, listen, report and delete.

At last the same for twelve registries at once: three accounts in four regions, with one plan.

It runs in the account of boto3's default session, or on the AWS that ``AWS_ENDPOINT_URL`` names. With
``python -m ecrops.testing --example python examples/quickstart.py`` that is an emulated one, and no account is needed.
Every step checks its result. The exit code is 0 if all steps succeeded.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import textwrap
import time
import uuid
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import boto3

from ecrops import (
    AccountPrincipal,
    Change,
    ConflictError,
    LifecycleRule,
    Registries,
    Registry,
    RegistryLocation,
    RepositorySpec,
    RetryPolicy,
    User,
)
from ecrops.lifecycle import Guard, lint

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL", "")
PREFIX = "demo" if ENDPOINT else f"ecrops-demo-{uuid.uuid4().hex[:6]}"
API, WORKER, BASE = f"{PREFIX}/api", f"{PREFIX}/worker", f"{PREFIX}/base"
SEEDED = "shop/cart"
"""A repository of the emulated AWS, with months of images."""
RULES = [
    LifecycleRule(description="rollbacks", tag_prefix_list=["prod"], max_image_count=20),
    LifecycleRule(tag_status="untagged", max_image_age=timedelta(days=7)),
    LifecycleRule(max_image_count=100),
]
STRICT = [LifecycleRule(tag_pattern_list=["v*"], max_image_count=3), LifecycleRule(max_image_age=timedelta(days=10))]
STAGES = {"dev": "222233334444", "prod": "333344445555"}
"""Other accounts of the emulated AWS, with a role ``ecrops`` that this one may assume."""
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "ap-southeast-2")
WIDTH = 80
COLOURS = {"+": "32", "~": "33", "-": "31", "!": "31", "==": "1", "ok:": "32", "FAILED:": "31"}
PLAIN = not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def specs() -> list[RepositorySpec]:
    """Return the specs of two services of one team, and of the base image that they share."""
    services = [
        RepositorySpec(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scan_on_push=True,
            lifecycle_rules=RULES,
            tags={"team": "web"},
        )
        for name in (API, WORKER)
    ]
    return [*services, RepositorySpec(BASE, encryption="KMS", image_tag_mutability="IMMUTABLE")]


def main() -> None:
    """Run all steps, and delete everything in the end, also after an error."""
    began, files = time.monotonic(), folder()
    registry = start()
    try:
        create(registry)
        converge(registry)
        repair(registry)
        refuse(registry)
        grant(registry)
        listen(registry)
        settings(registry)
        if ENDPOINT and registry.repository(SEEDED).exists():
            look_ahead(registry, files)
        report(registry, files)
    finally:
        heading("Delete what was made")
        show(registry.remove(*(spec.name for spec in specs())))
    check(not any(registry.repository(spec.name).exists() for spec in specs()), "all its repositories are gone")
    if ENDPOINT:
        many(files)
    where = "on the emulated AWS; nothing was sent to AWS" if ENDPOINT else "on AWS"
    for path in sorted(files.iterdir()):
        print(f"wrote {path}")
    show(f"\nAll steps succeeded in {time.monotonic() - began:.0f} s, {where}.")


def folder() -> Path:
    """Return the folder for what is written: one for all runs of a user, without the files of the run before."""
    files = Path(tempfile.gettempdir()) / f"ecrops-demo-{getattr(os, 'getuid', int)()}"
    files.mkdir(mode=0o700, exist_ok=True)
    for old in files.iterdir():
        old.unlink()
    return files


def start() -> Registry:
    """Say where this runs. An emulated AWS shows every write at once, so there the registry never waits for it."""
    if not ENDPOINT:
        registry = Registry(on_wait=lambda wait: show(f"... {wait}"))
        show(f"This runs on AWS: account {registry.account_id}, region {registry.region}.")
        return registry
    registry = Registry(retry=RetryPolicy(sleep=lambda seconds: None))
    show(f"This runs on an AWS emulated at {ENDPOINT}: nothing is sent to AWS.")
    show(f"Account {registry.account_id}, region {registry.region}.")
    show("On AWS, ecrops waits a second before it reads an edited policy again.")
    show("Nobody else writes here, so it does not wait.")
    return registry


def create(registry: Registry) -> None:
    """Plan, then apply with progress."""
    heading("Plan what is missing (this only reads)")
    plan = registry.plan(*specs())
    show(plan)
    check(len(plan) == 5, "three repositories and two lifecycle policies are missing")
    heading("Apply the plan")
    made: list[Change] = []

    def count(change: Change) -> None:
        made.append(change)
        if not PLAIN:
            print(f"\r{len(made)} of {len(plan)}: ", end="", flush=True)

    show(registry.apply(plan, on_change=count).summary)
    check(len(made) == len(plan), "every change was made")


def converge(registry: Registry) -> None:
    """Run again, which changes nothing, and add one lifecycle rule, which is one change."""
    heading("Run again")
    show(again := registry.ensure(*specs()))
    check(not again, "there was nothing to do")
    heading("Add one lifecycle rule to those that are there")
    repo = registry.repository(API)
    show(added := repo.add_lifecycle_rule(tag_prefix_list=["rc"], max_image_count=5))
    check(len(added) == 1, "the policy changed")
    check(not repo.add_lifecycle_rule(tag_prefix_list=["rc"], max_image_count=5), "adding it twice did not")
    rules = repo.describe().lifecycle_rules or []
    check(getattr(rules[-1], "tag_status", "") == "any", "the rule for any image is still the last")
    repo.set_lifecycle_rules(*RULES)


def repair(registry: Registry) -> None:
    """Change a setting as another program would, and let ``ensure`` put just that setting right."""
    heading("Another program changes a setting; run again")
    boto3.client("ecr").put_image_tag_mutability(repositoryName=WORKER, imageTagMutability="MUTABLE")
    show(repaired := registry.ensure(*specs()))
    done = [(change.owner, change.what) for change in repaired]
    check(done == [(WORKER, "tag mutability")], "just that was repaired")


def refuse(registry: Registry) -> None:
    """Ask for a change that AWS cannot make: it is refused before anything is changed."""
    heading("Ask for what AWS cannot change")
    try:
        registry.ensure(RepositorySpec(BASE, encryption="AES256", image_scan_on_push=True))
    except ConflictError as conflict:
        show(conflict)
    else:
        fail("a conflict is refused")
    check(registry.repository(BASE).describe().image_scan_on_push is False, "nothing was changed")
    heading("A mistake is answered before any call")
    try:
        RepositorySpec(API, image_scan_on_puhs=True)  # type: ignore[call-arg]
    except TypeError as mistake:
        show(mistake)


def grant(registry: Registry) -> None:
    """Grant pulling to a user (an identity policy) and reading to an account (the repository policy); revoke both."""
    heading("Grant, see who has access, revoke")
    iam, name = boto3.client("iam"), f"{PREFIX}-ci"
    user = User(name)
    repo, account = registry.repository(API), AccountPrincipal(registry.account_id)
    iam.create_user(UserName=name)
    try:
        show(granted := repo.grant_pull(user))
        show(repo.grant_read(account))
        show(access := repo.access())
        check(bool(granted) and not repo.grant_pull(user), "granting once was enough")
        check(str(user) in access.who_can("pull"), "the user can pull")
        repo.revoke(user)
        repo.revoke(account)
        check(str(user) not in repo.access().who_can("pull"), "ecrops has taken away what it granted")
    finally:
        repo.revoke(user)
        iam.delete_user(UserName=name)


def listen(registry: Registry) -> None:
    """Send events of pushes to a queue: an EventBridge rule, its target and the permission; then remove all three."""
    heading("Send events of pushes to a queue")
    sqs, name = boto3.client("sqs"), f"{PREFIX}-pushes"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = f"arn:{registry.partition}:sqs:{registry.region}:{registry.account_id}:{name}"
    repo, rule = registry.repository(API), registry.rule(name)
    try:
        show(made := repo.on_image_pushed(name, target=queue))
        check(len(made) == 3, "a rule, its target and the policy of the queue were made")
        check(not repo.on_image_pushed(name, target=queue), "once was enough")
        rule.remove()
        check(not rule.exists(), "the rule is gone again")
    finally:
        rule.remove()
        sqs.delete_queue(QueueUrl=url)


def settings(registry: Registry) -> None:
    """Change settings of the whole registry, where that is nobody's; elsewhere only tell what they mean for a name."""
    heading("Settings of the whole registry, and what they mean for a name")
    if ENDPOINT:
        show(registry.scanning.add(scan_on_push=[f"{PREFIX}/*"]))
        show(registry.replication.add(prefix=f"{PREFIX}/", to=["eu-central-1"]))
    show(registry.explain(API))


def look_ahead(registry: Registry, files: Path) -> None:
    """Show what a lifecycle policy would do to months of images, and what it saves; let a guard refuse it."""
    repo = registry.repository(SEEDED)
    heading(f"What would a strict policy do to {SEEDED}?")
    simulation = repo.simulate_lifecycle(STRICT)
    show(simulation.summary)
    for tag in ("v1.2", "v1.17"):
        show(simulation.explain(tag))
    for finding in lint(STRICT):
        show(finding)
    forecast = simulation.forecast(days=90)
    show(forecast)
    forecast.plot(price_per_gb_month=0.10, title=SEEDED).save(files / "forecast.svg")
    heading("A guard refuses it")
    try:
        repo.set_lifecycle_rules(*STRICT, guard=Guard(max_fraction=0.2, never=["v1.1*"]))
    except ConflictError as conflict:
        show(conflict)
    else:
        fail("the guard refuses the policy")
    check(repo.simulate_lifecycle().summary != simulation.summary, "the policy is as it was")


def report(registry: Registry, files: Path) -> None:
    """Write one page about the registry for people who would rather look than read."""
    heading("A page to look at")
    page = (registry.report() if ENDPOINT else registry.report(*specs())).write(files / "report.html")
    check(page.stat().st_size > 0, "open it in a browser: it loads nothing from anywhere")


def many(files: Path) -> None:
    """Make one plan for twelve registries, apply it, and find what differs in one of them; then delete all."""
    here = [RegistryLocation(region=region, name=f"tools/{region}") for region in REGIONS]
    there = [
        RegistryLocation(account, region, role_name="ecrops", name=f"{stage}/{region}")
        for stage, account in STAGES.items()
        for region in REGIONS
    ]
    overrides = {"prod/*": {"image_tag_mutability": "IMMUTABLE"}}
    retry = RetryPolicy(sleep=lambda seconds: None)
    registries = Registries([*here, *there], overrides=overrides, workers=2, retry=retry)
    service = RepositorySpec(f"{PREFIX}/everywhere", image_scan_on_push=True, lifecycle_rules=RULES)
    heading("One plan for twelve registries: three accounts in four regions")
    show(plan := registries.plan(service))
    try:
        show(registries.apply(plan).check().summary)
        check(not registries.drift(service), "nothing differs anywhere")
        heading("Another program changes one of them: what differs?")
        dev = registries.where("dev/us-east-1")
        dev.ensure(RepositorySpec(service.name, image_scan_on_push=False))
        made = registries.report(service)
        show(made.drift)
        check(len(made.drift) == 1, "one setting, in one registry")
        made.write(files / "registries.html")
    finally:
        show(registries.remove(service.name).summary)


def heading(title: str) -> None:
    """Print a heading."""
    print()
    show(f"== {title}")


def show(value: object) -> None:
    """Print text in 80 columns, in colour on a terminal. Where a plan is for was said at the start."""
    for line in re.sub(r"\Ain account .*:\n", "", str(value)).split("\n"):
        head = re.match(r" *(\S+)(?= )", line)
        narrow = textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_on_hyphens=False) or [line]
        colour = COLOURS.get(head[1]) if head and not PLAIN else None
        text = "\n".join(narrow)
        print(f"\033[{colour}m{text}\033[0m" if colour else text, flush=True)


def check(right: bool, what: str) -> None:
    """Exit with an error if a step did not have the expected result."""
    if not right:
        fail(what)
    show(f"ok: {what}")


def fail(what: str) -> NoReturn:
    """Exit with an error."""
    show(f"FAILED: {what}")
    sys.exit(1)


if __name__ == "__main__":
    main()
