"""The main job, end to end: plan, create, converge, repair, refuse, grant, listen to and delete a few repositories.

It runs in the account of boto3's default session, or on an emulator that ``AWS_ENDPOINT_URL`` names. Every step checks
its result. The exit code is 0 if all steps succeeded.
"""

from __future__ import annotations

import os
import sys
import uuid
from datetime import timedelta

import boto3

from ecrops import AccountPrincipal, ConflictError, LifecycleRule, Registry, RepositorySpec, User

PREFIX = f"ecrops-demo-{uuid.uuid4().hex[:8]}"
RULES = [
    LifecycleRule(description="rollbacks", tag_prefix_list=["prod"], max_image_count=20),
    LifecycleRule(tag_status="untagged", max_image_age=timedelta(days=7)),
    LifecycleRule(max_image_count=100),
]


def specs() -> list[RepositorySpec]:
    """Return the specs of three services of one team, and of the base image that they share."""
    services = [
        RepositorySpec(
            f"{PREFIX}/{name}",
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION",
            image_tag_mutability_exclusion_filters=["latest", "dev-*"],
            image_scan_on_push=True,
            lifecycle_rules=RULES,
            tags={"team": "web", "service": name},
        )
        for name in ("api", "worker", "frontend")
    ]
    return [*services, RepositorySpec(f"{PREFIX}/base", encryption="KMS", image_tag_mutability="IMMUTABLE")]


def main() -> None:
    """Run all steps, and delete everything in the end, also after an error."""
    registry, names = Registry(), [spec.name for spec in specs()]
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "AWS")
    print(f"This runs in account {registry.account_id}, region {registry.region}, on {endpoint}.")
    try:
        create(registry)
        converge(registry)
        repair(registry)
        refuse(registry)
        grant(registry)
        listen(registry)
    finally:
        say("Delete")
        print(registry.remove(*names))
    check(not any(registry.repository(name).exists() for name in names), "all repositories are gone")
    print("\nEverything above really happened.")


def create(registry: Registry) -> None:
    """Plan, then apply with progress."""
    say("Plan: what is missing (nothing is changed yet)")
    plan = registry.plan(*specs())
    print(plan)
    check(len(plan) == 7, "four repositories and three lifecycle policies are missing")
    say("Apply, with progress")
    done = registry.apply(plan, on_change=print)
    check(len(done) == len(plan), "every change was made")


def converge(registry: Registry) -> None:
    """Run again, which changes nothing, and add one lifecycle rule, which is one change."""
    say("Run again")
    print(again := registry.ensure(*specs()))
    check(not again, "the second run found nothing to do")
    say("Add a lifecycle rule: it is put before the 'any' rule")
    repo = registry.repository(f"{PREFIX}/api")
    print(added := repo.add_lifecycle_rule(tag_prefix_list=["release"], max_image_count=50))
    check(len(added) == 1, "the policy changed")
    check(not repo.add_lifecycle_rule(tag_prefix_list=["release"], max_image_count=50), "adding it twice did not")
    rules = repo.describe().lifecycle_rules or []
    check(getattr(rules[-1], "tag_status", "") == "any", "the 'any' rule is still the last")
    repo.set_lifecycle_rules(*RULES)


def repair(registry: Registry) -> None:
    """Change a setting as another program would, and let ``ensure`` put just that setting right."""
    say("Another program changes a setting; run again")
    victim = f"{PREFIX}/worker"
    boto3.client("ecr").put_image_tag_mutability(repositoryName=victim, imageTagMutability="MUTABLE")
    print(repaired := registry.ensure(*specs()))
    check(
        [(change.owner, change.what) for change in repaired] == [(victim, "tag mutability")], "just that was repaired"
    )


def refuse(registry: Registry) -> None:
    """Ask for a change that AWS cannot make: it is refused before anything is changed."""
    say("Ask for what AWS cannot change")
    try:
        registry.ensure(RepositorySpec(f"{PREFIX}/base", encryption="AES256", image_scan_on_push=True))
    except ConflictError as conflict:
        print(conflict)
    else:
        check(False, "a conflict is refused")
    check(registry.repository(f"{PREFIX}/base").describe().image_scan_on_push is False, "nothing was changed")


def grant(registry: Registry) -> None:
    """Grant pulling to a user (an identity policy) and reading to an account (the repository policy); revoke both."""
    say("Grant, see who has access, revoke")
    iam, name = boto3.client("iam"), f"{PREFIX}-ci"
    user = User(name)
    repo, account = registry.repository(f"{PREFIX}/api"), AccountPrincipal(registry.account_id)
    iam.create_user(UserName=name)
    try:
        print(granted := repo.grant_pull(user))
        print(repo.grant_read(account))
        print(access := repo.access())
        check(bool(granted) and not repo.grant_pull(user), "granting once was enough")
        check(str(user) in access.who_can("pull"), "the user can pull")
        print(repo.revoke(user), repo.revoke(account), sep="\n")
        check(not repo.access(), "ecrops has taken away all that it granted")
    finally:
        repo.revoke(user)
        iam.delete_user(UserName=name)


def listen(registry: Registry) -> None:
    """Send events of pushes to a queue: an EventBridge rule, its target and the permission; then remove all three."""
    say("Send events of pushes to a queue")
    sqs, name = boto3.client("sqs"), f"{PREFIX}-pushes"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = f"arn:{registry.partition}:sqs:{registry.region}:{registry.account_id}:{name}"
    repo, rule = registry.repository(f"{PREFIX}/api"), registry.rule(name)
    try:
        print(made := repo.on_image_pushed(name, target=queue))
        check(len(made) == 3, "a rule, its target and the policy of the queue were made")
        check(not repo.on_image_pushed(name, target=queue), "once was enough")
        check([target["Arn"] for target in rule.targets()] == [queue], "the rule sends to the queue")
        print(rule.remove())
        check(not rule.exists(), "the rule is gone")
    finally:
        rule.remove()
        sqs.delete_queue(QueueUrl=url)


def say(title: str) -> None:
    """Print a heading."""
    print(f"\n== {title}")


def check(right: bool, what: str) -> None:
    """Exit with an error if a step did not have the expected result."""
    if not right:
        sys.exit(f"FAILED: {what}")
    print(f"   ok: {what}")


if __name__ == "__main__":
    main()
