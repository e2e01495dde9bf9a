"""What a schema cannot say of a fleet file, so that only reading it finds: the one list of it.

The page of the fleet file shows it, and a test holds the schema to it: what reading refuses and the schema does not is
in this list.
"""

from __future__ import annotations

from collections.abc import Mapping

_RULES = "prefixes|priority|only one rule|archive|does not expire|is null|unknown|a policy has"
_LISTS = "events|signing|replication|creation_templates|pull_through_cache|repositories"
_CACHE = r"registry\.pull_through_cache\[\d+\]\.(credential_arn|custom_role_arn|upstream|upstream_prefix): "
LIMITS: Mapping[str, str] = {
    rf"({_LISTS})(\[\d+\])?(\.name)?: .*(again|twice|the same|two |another rule)": (
        "that no two repositories, rules, templates or settings are the same"
    ),
    r"tags: .*(is made of|got None)": (
        "the characters of tags, and that only a tag of a default is taken away with `null`"
    ),
    r"image_tag_mutability_exclusion_filters: ": "that filters go with a mode that has exclusions",
    r"encryption_key: ": "that `AES256` has no key, and the form of the ARN of a key",
    rf"lifecycle_rules(\[\d+\])?(\.\w+)*: .*({_RULES})": (
        "what goes together in a lifecycle rule, and in all rules of a repository"
    ),
    r"lifecycle_guard\.never: ": "which patterns of tags no tag fits",
    r"\.(resource_policy|registry_policy)(\.|\[|:)": "what IAM and ECR refuse in a policy document",
    r"\.conditions(\.|:)": "which operators and keys a condition has",
    r"grants\[\d+\]\.allow": "which actions ECR has",
    r"grants\[\d+\]\.(on|attach|policy_name): ": (
        "that `on` fits the repository, and that users, roles and groups alone have policies of IAM"
    ),
    r"\.principal(\.public)?: ": "the forms of ARNs and names of principals, and that everyone is meant on purpose",
    r"targets(\[\d+\])?(\.\w+)*: ": "what a kind of target needs and takes",
    r"\.event_pattern(\.|:)": "what EventBridge refuses in an event pattern",
    r"events\[\d+\]\.repositories: ": "that the events of a repository are its own",
    r"verbatim\.\w+: ": "that a field is beside `verbatim` or under it",
    r"\.to: |\.to\[\d+\]: |registry\.replication(\[\d+\])?(\.prefix)?: ": "which regions there are to replicate to",
    _CACHE: "what each upstream registry needs to let ECR in",
    r"custom_role_arn: is needed": "when a creation template needs a role",
    r"registry\.scanning\.(continuous_scan|other_frequencies|scan_on_push): ": "that only `ENHANCED` is continuous",
}
"""Expressions that reasons match, each with what it is."""
