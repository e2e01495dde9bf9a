"""What is there and in no spec is found, each kind by itself; what is not managed is not read."""

from __future__ import annotations

import json
import pickle
import re

import pytest
from botocore.exceptions import ClientError

from ecrops import (
    PullThroughCacheRule,
    Registry,
    RegistrySpec,
    RepositorySpec,
    Role,
    User,
    prefix,
    pull,
)
from ecrops.events import on_image_pushed
from ecrops.testing import Cloud
from ecrops.unmanaged import Unmanaged, UnmanagedGrant, UnmanagedRepository
from support import registry_of
from tests.access.world import put_policy
from tests.events.support import arn

from .world import (
    API,
    BARE,
    FLEET,
    OLD_RULE,
    QUEUE,
    TEAM,
    TEMPLATES,
    WEB,
    add_grants,
    add_old,
    add_template,
    bare,
    fleet,
    names,
)
from .world import templates as listed

ALL = f"""\
in account 123456789012, region eu-west-1, within team/:
repository team/old: 0 images, made DAY
EventBridge rule {OLD_RULE}: ECR Image Action of team/old (action-type PUSH), enabled -> sqs pushes
creation template team/made: CREATE_ON_PUSH
grant team/api: account 111122223333 may pull, by the repository policy
grant team/api: group devs may pull, by managed policy ecrops
grant team/api: role nodes may CompleteLayerUpload, InitiateLayerUpload, PutImage, UploadLayerPart, by \
inline policy ecrops
grant team/api: user ci may read, by inline policy more
grant team/old: role nodes may pull, by inline policy ecrops
1 repository, 1 EventBridge rule, 1 creation template, 5 grants in no spec"""


@pytest.fixture
def registry(memory_cloud: Cloud) -> Registry:
    """The registry of the fleet, in process."""
    return fleet(memory_cloud)


@pytest.fixture
def cloud(memory_cloud: Cloud) -> Cloud:
    """In process only: what goes over the wire is the same as in the tests of each kind."""
    return memory_cloud


def grants_of(registry: Registry, *specs: RepositorySpec) -> list[str]:
    """What grants are found, in words."""
    return [thing.detail for thing in registry.unmanaged(*specs, within=TEAM).grants]


def test_what_is_in_no_spec_is_found_in_words_and_as_data(registry: Registry) -> None:
    add_old(registry)
    add_template(registry)
    add_grants(registry)
    found = registry.unmanaged(*FLEET, TEMPLATES, within=TEAM)
    assert re.sub(r"made \d{4}-\d\d-\d\d", "made DAY", str(found)) == ALL
    assert (bool(found), len(found), list(found)) == (True, 8, [*found])
    assert [str(thing) for thing in found] == str(found).split("\n")[1:-1]
    assert repr(found) == f"<Unmanaged: {found.summary}>"
    data = json.loads(json.dumps(found.to_dict()))
    assert data["looked_at"] == {"repositories": 3, "rules": 2, "creation_templates": 1, "grants": 6}
    assert [grant["principal"] for grant in data["grants"]][:2] == ["account 111122223333", "group devs"]
    assert data["rules"][0]["repository"] == "team/old"
    assert pickle.loads(pickle.dumps(found)) == found
    html = found._repr_html_()
    assert html.count("<tr>") == 9
    assert OLD_RULE in html


def test_nothing_is_found_where_everything_is_in_a_spec(cloud: Cloud, registry: Registry) -> None:
    cloud.calls.clear()
    found = registry.unmanaged(*FLEET, within=TEAM)
    assert not found
    assert str(found).split("\n")[1:] == ["nothing that no spec has"]
    assert cloud.calls.operations() == [
        "DescribeRepositories",
        "ListRules",
        "ListTagsForResource",
        "GetRepositoryPolicy",  # that of the one whose spec has grants
        "GetAccountAuthorizationDetails",
    ]


def test_what_is_not_managed_is_not_read(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    add_grants(registry)
    cloud.calls.clear()
    assert names(registry.unmanaged(RepositorySpec("team/api"), WEB, within=TEAM)) == ["repository team/old"]
    assert cloud.calls.operations() == ["DescribeRepositories", "ListImages"]


def test_an_empty_field_is_enough_for_a_kind_to_be_managed(registry: Registry) -> None:
    add_old(registry)
    add_template(registry)
    for spec, kind in (
        (RepositorySpec("team/api", events=[]), "EventBridge rule"),
        (RepositorySpec("team/api", grants=[]), "grant"),
        (RegistrySpec(creation_templates=[]), "creation template"),
    ):
        found = registry.unmanaged(spec, RepositorySpec("team/x"), within=TEAM)
        assert {thing.kind for thing in found} == {"repository", kind}


def test_only_what_is_within_the_prefix_is_found(cloud: Cloud, registry: Registry) -> None:
    registry.ensure(RepositorySpec("web/x", grants=[pull(Role("nodes"))], events=[on_image_pushed(target=QUEUE)]))
    add_template(registry, "web")
    add_template(registry, "team2")
    cloud.calls.clear()
    assert not registry.unmanaged(*FLEET, TEMPLATES, within=TEAM)
    assert len(cloud.calls.of("ListTagsForResource")) == 1, "the pattern of the other rule has no such name in it"
    assert names(registry.unmanaged(*FLEET, TEMPLATES, within=prefix("web/"))) == [
        "repository web/x",
        "EventBridge rule ecrops-image-pushed-web-x-b14142c135d0",
        "creation template web",
        "grant web/x",
    ]
    assert len(registry.unmanaged(*FLEET, TEMPLATES, everything=True)) == 5


# Repositories


def test_a_repository_says_how_many_images_it_holds(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.push_image("team/full", tag="a")
    cloud.push_image("team/full", tag="b")
    [found] = registry.unmanaged(*BARE, within=TEAM)
    assert isinstance(found, UnmanagedRepository)
    assert (found.name, found.images) == ("team/full", 2)
    assert found.detail.startswith("2 images, made 20")
    assert found.to_dict()["images"] == 2


def test_more_images_than_a_page_has_are_not_counted(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = bare(cloud)
    for number in range(3):
        cloud.push_image("team/full", tag=f"v{number}")
    monkeypatch.setattr("ecrops.unmanaged.repositories.MOST_COUNTED", 2)
    monkeypatch.setattr("ecrops.repositories.deletion.MOST_COUNTED", 2)
    [found] = registry.unmanaged(*BARE, within=TEAM)
    assert found.detail.startswith("2 images or more")


def test_a_repository_of_a_cache_that_the_spec_lists_is_ecrs_own(cloud: Cloud) -> None:
    registry = bare(cloud)
    cloud.emulator.seed(["team/hub/library/nginx", "team/hubs"])
    spec = RegistrySpec(pull_through_cache=[PullThroughCacheRule("team/hub", "public.ecr.aws")])
    assert names(registry.unmanaged(*BARE, spec, within=TEAM)) == ["repository team/hubs"]
    assert len(registry.unmanaged(*BARE, within=TEAM)) == 2


# EventBridge rules


def test_a_rule_that_ecrops_did_not_make_is_not_found(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    events = cloud.client("events")
    tags = events.list_tags_for_resource(ResourceARN=arn("events", f"rule/{OLD_RULE}"))["Tags"]
    pattern = events.describe_rule(Name=OLD_RULE)["EventPattern"]
    events.put_rule(Name="copied", EventPattern=pattern, Tags=tags)
    events.put_rule(Name="theirs", EventPattern=pattern)
    events.put_rule(Name="adopted", EventPattern=pattern, State="ENABLED")
    registry.repository("team/old").on_image_pushed("adopted", target=QUEUE)
    assert [rule.name for rule in registry.unmanaged(*FLEET, within=TEAM).rules] == [OLD_RULE]


def test_a_rule_of_a_repository_that_is_gone_is_found(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    cloud.client("ecr").delete_repository(repositoryName="team/old")
    found = registry.unmanaged(*FLEET, within=TEAM)
    assert names(found) == [f"EventBridge rule {OLD_RULE}", "grant team/old"]


def test_a_rule_of_a_repository_in_a_spec_is_for_that_spec_to_decide(registry: Registry) -> None:
    registry.repository("team/web").on_image_pushed(target=QUEUE)  # its spec leaves events out
    registry.repository("team/api").on_image_deleted(target=QUEUE)  # its spec has events, and ensure removes this one
    assert not registry.unmanaged(*FLEET, within=TEAM)


def test_a_rule_that_a_spec_wants_is_in_a_spec_whatever_it_is_on(registry: Registry) -> None:
    add_old(registry)
    wanted = on_image_pushed(target=QUEUE, name=OLD_RULE, repositories=["team/old", "team/older"])
    found = registry.unmanaged(*FLEET, RegistrySpec(events=[wanted]), within=TEAM)
    assert names(found) == ["repository team/old", "grant team/old"]


def test_a_rule_of_several_repositories_is_the_registrys(registry: Registry) -> None:
    within = {
        "on_image_pushed": prefix("team/x/"),
        "on_cloud_trail_event": ["team/a", "team/b"],
        "on_image_scan_completed": ["team/a", "team/b"],
    }
    beyond = {
        "on_image_deleted": ["team/a", "web/b"],
        "on_event": prefix("te"),
        "on_image_archived": None,
    }
    for verb, repositories in {**within, **beyond}.items():
        getattr(registry, verb)(verb.replace("_", "-"), target=QUEUE, repositories=repositories)
    spec = RegistrySpec(events=[])
    found = registry.unmanaged(*FLEET, spec, within=TEAM)
    assert [rule.name for rule in found.rules] == sorted(verb.replace("_", "-") for verb in within)
    assert not registry.unmanaged(*FLEET, within=TEAM)
    assert len(registry.unmanaged(*FLEET, spec, everything=True)) == len({**within, **beyond})


# Creation templates


def test_a_template_that_the_spec_lists_is_in_a_spec(registry: Registry) -> None:
    add_template(registry, "team/a")
    add_template(registry, "team/b")
    assert names(registry.unmanaged(*FLEET, listed("team/a"), within=TEAM)) == ["creation template team/b"]
    assert not registry.unmanaged(*FLEET, listed("team/a", "team/b"), within=TEAM)
    add_template(registry, "ROOT")
    assert not registry.unmanaged(*FLEET, listed("team/a", "team/b"), within=TEAM)
    assert len(registry.unmanaged(*FLEET, listed("team/a", "team/b"), everything=True)) == 1


# Grants


def test_a_grant_is_in_a_spec_with_its_principal_its_actions_and_its_policy(registry: Registry) -> None:
    assert not grants_of(registry, *FLEET)
    more = RepositorySpec("team/api", grants=[pull(Role("nodes"), policy_name="more")])
    assert grants_of(registry, more, WEB) == ["role nodes may pull, by inline policy ecrops"]
    managed = RepositorySpec("team/api", grants=[pull(Role("nodes"), attach="managed")])
    assert grants_of(registry, managed, WEB) == ["role nodes may pull, by inline policy ecrops"]
    another = RepositorySpec("team/api", grants=[pull(User("ci"))])
    assert grants_of(registry, another, WEB) == ["role nodes may pull, by inline policy ecrops"]
    fewer = RepositorySpec("team/api", grants=[{"principal": {"role": "nodes"}, "allow": ["ecr:BatchGetImage"]}])
    assert grants_of(registry, fewer, WEB) == [
        "role nodes may BatchCheckLayerAvailability, GetDownloadUrlForLayer, by inline policy ecrops"
    ]


def test_a_grant_of_a_managed_policy_is_found_under_any_name(registry: Registry) -> None:
    api = registry.repository("team/api")
    api.grant_pull(Role("nodes"), attach="managed", policy_name="a-role-nodes-1")
    assert grants_of(registry, *FLEET) == ["role nodes may pull, by managed policy a-role-nodes-1"]
    [grant] = registry.unmanaged(*FLEET, within=TEAM)
    assert isinstance(grant, UnmanagedGrant)
    assert (grant.attach, grant.policy, grant.principal) == ("managed", "a-role-nodes-1", "role nodes")
    specified = pull(Role("nodes"), attach="managed", policy_name="a-role-nodes-1")
    assert not grants_of(registry, RepositorySpec("team/api", grants=[pull(Role("nodes")), specified]), WEB)


def test_a_grant_in_many_managed_policies_is_one(registry: Registry) -> None:
    many = [f"team/{'x' * 200}{number}" for number in range(40)]
    for name in many[:2]:
        registry.repository(name).grant_pull(Role("nodes"), attach="managed")
    registry.ensure(*(RepositorySpec(name, grants=[pull(Role("nodes"), attach="managed")]) for name in many))
    assert len(grants_of(registry, *FLEET)) == 40


def test_a_wildcard_is_in_a_spec_if_one_grants_it(registry: Registry) -> None:
    api = registry.repository("team/api")
    api.grant_pull(User("ci"), on="team/*")
    wild = RepositorySpec("team/api", grants=[pull(Role("nodes")), pull(User("ci"), on="team/*")])
    no_grants = RepositorySpec("team/web", grants=[])
    assert not grants_of(registry, wild, no_grants)
    assert grants_of(registry, API, no_grants) == ["user ci may pull, by inline policy ecrops"]
    assert not grants_of(registry, API, WEB), "the spec of team/web leaves grants out, and the wildcard is for it too"
    assert not registry.unmanaged(API, no_grants, within=prefix("team/api/"))


def test_what_somebody_edited_by_hand_is_no_grant_of_ecrops(cloud: Cloud, registry: Registry) -> None:
    account = {"AWS": "arn:aws:iam::111122223333:root"}
    ours = {"Effect": "Allow", "Principal": account, "Action": ["ecr:BatchGetImage"]}
    put_policy(cloud, "team/api", {"Sid": "EcropsPull", **ours}, {"Sid": "Theirs", **ours})
    assert not registry.unmanaged(*FLEET, within=TEAM)


def test_the_policy_that_a_spec_gives_whole_is_the_specs(registry: Registry) -> None:
    registry.repository("team/api").grant_pull("111122223333")
    whole = RepositorySpec("team/api", grants=[pull(Role("nodes"))], resource_policy={})
    assert grants_of(registry, *FLEET) == ["account 111122223333 may pull, by the repository policy"]
    assert not grants_of(registry, whole, WEB)


def test_a_repository_of_a_spec_that_is_not_there_yet_has_no_grants(registry: Registry) -> None:
    found = registry.unmanaged(*FLEET, RepositorySpec("team/new", grants=[]), within=TEAM)
    assert (list(found), found.notes) == ([], ())


# What cannot be read


DENIED = {
    "DescribeRepositories": ((0, 1, 1, 2), "repositories in no spec are not known: An error occurred (AccessDenied"),
    "ListImages": ((1, 1, 1, 2), "team/old: whether it holds images is not known: the caller may not ecr:ListImages"),
    "ListRules": ((1, 0, 1, 2), "EventBridge rules in no spec are not known: "),
    "DescribeRepositoryCreationTemplates": ((1, 1, 0, 2), "creation templates in no spec are not known: "),
    "GetRepositoryPolicy": ((1, 1, 1, 1), "team/api: grants in its policy are not known: "),
    "GetAccountAuthorizationDetails": ((1, 1, 1, 1), "grants in policies of IAM in no spec are not known: "),
}


def test_a_kind_that_the_caller_may_not_read_is_a_note(cloud: Cloud, registry: Registry) -> None:
    add_old(registry)
    add_template(registry)
    registry.repository("team/api").grant_pull("111122223333")
    for operation, (counts, note) in DENIED.items():
        cloud.faults.on("denied", operation=operation, times=None)
        found = registry.unmanaged(*FLEET, TEMPLATES, within=TEAM)
        cloud.faults.clear()
        kinds = (found.repositories, found.rules, found.creation_templates, found.grants)
        assert tuple(map(len, kinds)) == counts
        [said] = found.notes
        assert said.startswith(note)
        assert str(found).endswith(f"note: {said}")
        assert ("repositories" in found.looked_at) == (operation != "DescribeRepositories")


def test_what_is_no_denial_is_an_error(cloud: Cloud, registry: Registry) -> None:
    cloud.emulator.seed(["team/old"])
    for operation in ("ListRules", "ListImages"):
        cloud.faults.on("error500", operation=operation, times=None)
        with pytest.raises(ClientError):
            registry.unmanaged(*FLEET, within=TEAM)
        cloud.faults.clear()


def test_a_policy_that_is_no_policy_hides_no_other(cloud: Cloud, registry: Registry) -> None:
    registry.repository("team/api").grant_read(User("ci"))
    cloud.emulator.keep_policy("ci", "broken", '{"Statement": [{"Sid": "EcropsPull", "Effect": 3}]}')
    found = registry.unmanaged(*FLEET, within=TEAM)
    assert [thing.detail for thing in found] == ["user ci may read, by inline policy ecrops"]
    assert "grants of ecrops in it are not known: user ci policy broken policy broken" in found.notes[0]


def test_a_dry_run_finds_what_it_would_have_made_and_not_what_it_would_have_removed(
    cloud: Cloud, registry: Registry
) -> None:
    add_old(registry)
    dry = registry_of(cloud, dry_run=True)
    dry.ensure(RepositorySpec("team/new"))
    found = dry.unmanaged(*FLEET, within=TEAM)
    assert names(found.repositories) == ["repository team/new", "repository team/old"]
    dry.remove(found)
    assert not dry.unmanaged(*FLEET, within=TEAM).repositories
    assert not dry.unmanaged(*FLEET, within=TEAM).rules
    assert isinstance(found, Unmanaged)
