"""The order of the fields on the page of the fleet file, with an example of each part. A test reads the examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Section(NamedTuple):
    """A part of a fleet file.

    Args:
        title: Its heading.
        example: A whole file that shows it.
        also: Other definitions that are told here.
    """

    title: str
    example: str
    also: tuple[str, ...] = ()


SECTIONS: Mapping[str, Section] = {
    "Fleet": Section("The file", "repositories:\n  - name: team/api\n"),
    "Repository": Section(
        "A repository",
        """\
repositories:
  - name: team/api
    image_tag_mutability: IMMUTABLE_WITH_EXCLUSION
    image_tag_mutability_exclusion_filters: [dev-*, latest]
    image_scan_on_push: true
    encryption: KMS
    encryption_key: alias/images
    tags: {team: web, prod: yes}
    resource_policy:
      Version: "2012-10-17"
      Statement:
        - Sid: build
          Effect: Allow
          Principal: {Service: codebuild.amazonaws.com}
          Action: [ecr:BatchGetImage, ecr:GetDownloadUrlForLayer]
          Condition: {StringEquals: {aws:SourceAccount: 111122223333}}
""",
    ),
    "LifecycleRule": Section(
        "A lifecycle rule",
        """\
repositories:
  - name: team/api
    lifecycle_rules:
      - description: keep the releases
        tag_pattern_list: [v*]
        max_image_count: 20
      - tag_status: untagged
        max_image_age: 7
      - rulePriority: 9 # in ECR's own form
        selection: {tagStatus: tagged, tagPrefixList: [dev], countType: imageCountMoreThan, countNumber: 3}
        action: {type: expire}
""",
    ),
    "Guard": Section(
        "A guard",
        """\
repositories:
  - name: team/api
    lifecycle_rules: [{max_image_count: 20}]
    lifecycle_guard: {max_expired: 50, max_fraction: 0.2, never: [prod*]}
""",
    ),
    "Grant": Section(
        "A grant",
        """\
repositories:
  - name: team/api
    grants:
      - allow: pull
        principal: {role: nodes}
        on: team/* # one resource in the policy of the role, for all of these
      - allow: [ecr:ListImages]
        principal: 111122223333
""",
    ),
    "Principal": Section(
        "A principal",
        """\
repositories:
  - name: team/api
    grants:
      - {allow: push, principal: {user: ci}}
      - {allow: pull, principal: {organization: o-a1b2c3d4e5}}
      - allow: pull
        principal:
          service: codebuild.amazonaws.com
          conditions: {StringEquals: {aws:SourceAccount: 111122223333}}
""",
        ("AnyPrincipal",),
    ),
    "RepositoryEvent": Section(
        "An event",
        """\
repositories:
  - name: team/api
    events:
      - kind: image-pushed
        options: {image_tags: [latest]}
        targets: ["arn:aws:sqs:eu-west-1:111122223333:pushes"]
events: # on events of several repositories
  - kind: image-finding
    name: findings
    repositories: {prefix: team/}
    options: {severities: [CRITICAL]}
    targets: ["arn:aws:sns:eu-west-1:111122223333:alarms"]
""",
        ("RegistryEvent",),
    ),
    "Target": Section(
        "A target",
        """\
repositories:
  - name: team/api
    events:
      - kind: image-pushed
        targets:
          - arn: arn:aws:sqs:eu-west-1:111122223333:pushes
            input_path: $.detail
            dead_letter_arn: arn:aws:sqs:eu-west-1:111122223333:lost
            maximum_event_age: 3600
""",
        ("AnyTarget",),
    ),
    "RegistrySpec": Section(
        "The registry",
        """\
registry:
  account_settings: {BLOB_MOUNTING: ENABLED}
  pull_time_exclusions: ["arn:aws:iam::111122223333:role/scanner"]
  scanning: {scan_type: BASIC, scan_on_push: [team/*]}
""",
    ),
    "ScanningConfiguration": Section(
        "Scanning",
        "registry:\n  scanning:\n    scan_type: ENHANCED\n    continuous_scan: [prod/*]\n    scan_on_push: [team/*]\n",
    ),
    "SigningRule": Section(
        "A signing rule",
        """\
registry:
  signing:
    - profile_arn: arn:aws:signer:eu-west-1:111122223333:/signing-profiles/releases
      repositories: [prod/*]
""",
    ),
    "ReplicationRule": Section(
        "A replication rule",
        "registry:\n  replication:\n    - prefix: prod/\n      to: [eu-central-1, 111122223333/us-east-1]\n",
    ),
    "RepositoryCreationTemplate": Section(
        "A creation template",
        """\
registry:
  creation_templates:
    - prefix: docker-hub
      applied_for: [PULL_THROUGH_CACHE]
      image_tag_mutability: IMMUTABLE
      lifecycle_rules: [{max_image_age: 90}]
""",
    ),
    "PullThroughCacheRule": Section(
        "A pull-through cache rule",
        "registry:\n  pull_through_cache:\n    - prefix: ecr-public\n      upstream: public.ecr.aws\n",
    ),
    "Verbatim": Section(
        "Verbatim and unread",
        """\
repositories:
  - name: team/api
    verbatim:
      tags: {"aws:odd": kept}
    unread:
      resource_policy: AccessDeniedException
""",
        ("Unread",),
    ),
}  # fmt: skip
"""Each section by its definition in the schema."""
ALSO: Mapping[str, str] = {
    "RegistryEvent": """\
`repositories` of an event under `events` or `registry.events` is a list of two names at least, or a `prefix`. Left out,
it is every repository.
""",
    "AnyPrincipal": """\
In the place of the mapping a string works too: the 12 digits of an account, an organization `o-…`, a service
`….amazonaws.com`, an ARN, or `*`.
""",
    "AnyTarget": "In the place of the mapping its ARN works too.\n",
    "Unread": "`unread`: fields that could not be read, each with the reason. They are not managed.\n",
}
"""What is told of other definitions in a section."""
