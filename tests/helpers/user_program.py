"""A small program of a user: lines that are right, and lines with one mistake each, which a type checker finds."""

from __future__ import annotations

HEAD = """
from ecrops import LifecycleRule, Registry, RepositorySpec, Role, TagMutability, User, pull
from ecrops.events import on_image_pushed

registry = Registry(dry_run=True)
repo = registry.repository("team/api")
"""
RIGHT = """
repo.ensure(image_scan_on_push=True, image_tag_mutability="IMMUTABLE", tags={"team": "web"}, on_change=print)
repo.ensure(image_tag_mutability=TagMutability.MUTABLE, lifecycle_rules=[LifecycleRule(max_image_count=3)])
repo.add_lifecycle_rule(tag_status="untagged", max_image_age=7)
repo.remove_lifecycle_rule(LifecycleRule(max_image_count=3))
repo.grant_pull(User("ci"), policy_name="ci", attach="managed", on="team/*")
repo.grant(Role("nodes"), "ecr:ListImages", policy_name="nodes")
repo.revoke(Role("nodes"), "ecr:ListImages", policy_name="nodes")
repo.on_image_pushed("pushes", image_tags=["latest"], target="arn:aws:sqs:eu-west-1:111122223333:pushes")
repo.on_image_scan_completed(scan_type="ENHANCED", state="DISABLED")
registry.on_image_finding(severities=["CRITICAL"], repositories=["a/b", "c/d"])
RepositorySpec("a/b", encryption="KMS_DSSE", grants=[pull("111122223333")], events=[on_image_pushed()])
"""
WRONG = """
from ecrops import Registri
from ecrops.lifecycle import simulat
repo.ensure(image_scan_on_puhs=True)
repo.ensure(image_tag_mutability="immutable")
repo.ensure(encryption="kms")
repo.add_lifecycle_rule(max_image_cout=3)
repo.add_lifecycle_rule(tag_status="taged", max_image_count=3)
repo.remove_lifecycle_rule(max_image_cout=3)
repo.grant_pull("x", policy_nam="y")
repo.grant_pull(Role("nodes"), attach="manged")
repo.grant(Role("nodes"), "ecr:ListImages", policy_nam="y")
repo.revoke(Role("nodes"), policy_nam="y")
repo.on_image_pushed(targett="arn:aws:sqs:eu-west-1:111122223333:pushes")
repo.on_image_scan_completed(scan_type="basic")
repo.on_image_pushed(state="OFF")
registry.on_image_finding(severities=["SEVERE"])
registry.authorization_token.grant_read(User("ci"), attach="x")
pull(Role("nodes"), onn="team/*")
on_image_pushed(image_tag="latest")
RepositorySpec("a/b", image_tag_mutability="immutable")
LifecycleRule(transition_to="glacier", since_image_pulled=3)
"""
