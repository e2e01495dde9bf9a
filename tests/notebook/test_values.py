"""What a notebook shows of each value, and how its text reads."""

from __future__ import annotations

import re

import pytest

from ecrops import (
    CatalogData,
    LifecycleRule,
    Plan,
    PublicRepositorySpec,
    PullThroughCacheRule,
    RegistrySpec,
    ReplicationRule,
    RepositoryCreationTemplate,
    RepositorySpec,
    RetryPolicy,
    Role,
    ScanningConfiguration,
    SigningRule,
    Target,
    pull,
)
from ecrops.access import Access, PrincipalAccess, VerbAccess
from ecrops.base import html
from ecrops.base.change import Kind
from ecrops.events import on_image_pushed
from ecrops.fleet import Fleet
from ecrops.fleet.imports import from_terraform
from ecrops.lifecycle import Cost, Guard, RegistryGuard, compare, lint
from ecrops.report import Report
from tests.lifecycle.simulation.test_forecast import _contrast
from tests.notebook.support import ALL_OF, NOW, POLICY, QUEUE, change, images, shown, simulated

STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": "aws_ecr_repository",
            "name": "x",
            "instances": [{"attributes": {"name": "ab", "force_delete": True}}],
        }
    ],
}
VALUES: dict[str, tuple[object, list[str]]] = {
    "a plan": (
        Plan((change(Kind.UPDATE), change(Kind.DELETE)), ("say it",)),
        ["<b>1 to update, 1 to delete</b>", ">~</b>", ">-</b>", "<summary>1 note</summary>", "<li>say it</li>"],
    ),
    "a conflict": (
        Plan((change(Kind.CONFLICT, "KMS", advice={"": "make it again"}),)),
        [">!</b>", ">KMS<div style='opacity:.75'>make it again</div></td>"],
    ),
    "a change": (change(Kind.CREATE), [">+</b>", ">AES256</td>"]),
    "a spec": (
        RepositorySpec(
            "team/api",
            image_scan_on_push=True,
            lifecycle_rules=[LifecycleRule(max_image_count=30)],
            resource_policy=POLICY,
            grants=[pull(Role("nodes"))],
            events=[on_image_pushed(target=QUEUE)],
            tags={"team": "web"},
        ),
        [
            "<b>RepositorySpec</b>",
            ">yes</td>",
            ">keep last 30</td>",
            "<summary>document of ",
            ">role nodes: pull</td>",
            ">ECR Image Action of team/api (action-type PUSH) -&gt; sqs pushes</td>",
            ">team=web</td>",
        ],
    ),
    "a spec without rules": (RepositorySpec("team/api", lifecycle_rules=()), [">lifecycle_rules</td>", ">none</span>"]),
    "a spec of a registry": (
        RegistrySpec(replication=[ReplicationRule(prefix="prod/", to=["eu-central-1"])]),
        ["<b>RegistrySpec</b>", "eu-central-1"],
    ),
    "a public spec": (
        PublicRepositorySpec("api", catalog_data=CatalogData(description="An API")),
        ["PublicRepositorySpec", "An API"],
    ),
    "a lifecycle rule": (LifecycleRule(max_image_count=30), ["<b>LifecycleRule</b>", ">max_image_count</td>", ">30<"]),
    "catalog data": (CatalogData(description="An API"), ["<b>CatalogData</b>", ">An API<"]),
    "scanning": (
        ScanningConfiguration(scan_type="BASIC", scan_on_push=["team/*"]),
        ["<b>ScanningConfiguration</b>", ">team/*<"],
    ),
    "replication": (ReplicationRule(to=["eu-central-1"]), ["<b>ReplicationRule</b>", ">eu-central-1<"]),
    "a cache": (PullThroughCacheRule("quay", "quay.io"), ["<b>PullThroughCacheRule</b>", ">quay.io<"]),
    "a template": (
        RepositoryCreationTemplate("team", applied_for=["REPLICATION"]),
        ["<b>RepositoryCreationTemplate</b>", ">REPLICATION<"],
    ),
    "signing": (
        SigningRule("arn:aws:signer:eu-west-1:123456789012:/signing-profiles/releases"),
        ["<b>SigningRule</b>", "signing-profiles/releases"],
    ),
    "a grant": (pull(Role("nodes")), ["<b>Grant</b>", ">role nodes<"]),
    "a principal": (Role("nodes"), ["<b>Role</b>", ">nodes<"]),
    "an event": (on_image_pushed(target=QUEUE), ["<b>Event</b>", ">image-pushed<"]),
    "a target": (Target(QUEUE), ["<b>Target</b>", QUEUE]),
    "a guard": (Guard(max_expired=5, never=["prod*"]), ["<b>Guard</b>", ">5<", ">prod*<"]),
    "guards": (RegistryGuard({"*": Guard(max_expired=5)}), ["<b>RegistryGuard</b>", "*=Guard(max_expired=5"]),
    "a retry policy": (RetryPolicy(), ["<b>RetryPolicy</b>", ">attempts</td>", ">10<", ">60.0<"]),
    "a cost": (Cost(8.64, 32.19, 90), ["<b>Cost</b>", ">days</td>", ">90<", ">8.64<", ">32.19<", ">23.55<"]),
    "findings": (lint([ALL_OF]), ["<b>1 finding</b>", ">all-of<", ">rule_priority</th>"]),
    "no findings": (lint([LifecycleRule(max_image_count=3)]), ["<b>none</b>"]),
    "an image": (images(1)[0], ["<b>Image</b>", ">v0<", ">2026-01-01 00:00 UTC<"]),
    "a simulation": (simulated(12), ["<b>expires 2 of 12 images", ">keep last 10<", ">what</th>", ">v11<"]),
    "a verdict": (simulated(12).expired[0], ["<b>Verdict</b>", ">expire<"]),
    "a comparison": (
        compare([], [LifecycleRule(max_image_count=10)], images(12), now=NOW),
        ["<b>2 of 12 differ", ">v11<", ">keep<"],
    ),
    "a forecast": (
        simulated(40).forecast(90, 2),
        ["<b>90 days, 2 pushes a day</b>", ">2026-04-01<", ">removed so far</th>"],
    ),
    "a chart": (simulated(40).forecast(9, 2).plot(title="api"), ["<img src='data:image/svg+xml;base64,", "alt='api: "]),
    "access": (
        Access("ab", (PrincipalAccess("role x", verbs={"pull": VerbAccess(True, ("policy p",))}),)),
        ["<b>who can use ab</b>", ">role x<", ">delete images</th>", ">yes<", ">policy p<", "<li>not seen: "],
    ),
    "a fleet": (
        Fleet((RegistrySpec(replication=()), RepositorySpec("ab", tags={"a": "b"}))),
        ["<b>RegistrySpec</b>", "<b>1 repository spec</b>", ">a=b<"],
    ),
    "what was imported": (
        from_terraform(STATE),
        ["<b>1 repository spec</b>", ">ab<", "<summary>1 not carried over</summary>", "<li>aws_ecr_repository.x: "],
    ),
    "a report": (
        Report("123456789012", "eu-west-1", NOW),
        ["<b>0 repositories in account 123456789012, region eu-west-1, 2026-01-01 00:00 UTC</b>"],
    ),
    "an explanation": (RegistrySpec(replication=()).explain("ab"), ["<b>ab:</b>", "<li>replication: none</li>"]),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_notebook_shows_a_value_as_a_table(name: str) -> None:
    value, fragments = VALUES[name]
    page = shown(value)
    assert [fragment for fragment in fragments if fragment not in page] == []


@pytest.mark.parametrize("name", VALUES)
def test_the_text_of_a_value_is_short_enough_to_read(name: str) -> None:
    value, _ = VALUES[name]
    assert len(repr(value)) < 1000
    assert " object at 0x" not in repr(value)


def test_a_cost_says_over_which_time() -> None:
    forecast = simulated(40).forecast(30, 4)
    cost = forecast.cost(0.1)
    assert str(cost) == f"saves {cost.saved:.2f} of {cost.without:.2f} in 30 days"
    assert f"saves ${cost.saved:.2f} of ${cost.without:.2f} in 30 days" in forecast.plot(0.1).svg


def test_a_forecast_and_its_chart_are_not_the_same() -> None:
    forecast = simulated(40).forecast(30, 4)
    assert "<img" not in shown(forecast)
    assert "<table" not in shown(forecast.plot())


@pytest.mark.parametrize("color", [html.GREEN, html.ORANGE, html.RED])
def test_signs_can_be_read_on_white_and_on_near_black_where_there_is_no_theme(color: str) -> None:
    [fallback] = re.findall(r"#\w{6}", color)
    assert color.startswith("var(--jp-")
    assert _contrast(fallback, "#ffffff") >= 3
    assert _contrast(fallback, "#1e1e1e") >= 3
