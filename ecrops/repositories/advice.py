"""What to write in the place of what other tools call the settings of a repository. Pure.

Called by ``RepositorySpec`` and by the verbs, for names whose spelling does not tell what is meant. The names are those
of the CDK, of CloudFormation, Terraform, Ansible and boto3; camel case is looked up in its form with underscores.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ecrops.base.problems import NONE, Problems

_DELETE = "deleting is a verb: Repository.delete(empty_on_delete=True) or Registry.remove(name, empty_on_delete=True)"
_KEEPS = "nothing is deleted because a script leaves it out; Repository.delete and Registry.remove delete a repository"
_POLICY = "write resource_policy for who may use the repository, lifecycle_rules for which images are removed"
_RULES = "write lifecycle_rules, a list of rules: what stands under 'rules' in the document"
_ENCRYPTION = "write encryption='KMS', with encryption_key='alias/…' for a key of your own"
_SCAN = "write image_scan_on_push=True"
_MUTABILITY = "write image_tag_mutability='IMMUTABLE', or 'MUTABLE'"
SETTINGS: Mapping[str, str] = {
    "auto_delete_images": _DELETE,
    "delete": _DELETE,
    "empty_on_delete": _DELETE,
    "force": _DELETE,
    "force_delete": _DELETE,
    "encryption_configuration": _ENCRYPTION,
    "encryption_type": "did you mean encryption?",
    "kms_key": "did you mean encryption_key?",
    "kms_key_arn": "did you mean encryption_key?",
    "kms_key_id": "did you mean encryption_key?",
    "image_scanning_configuration": _SCAN,
    "scan_on_push": _SCAN,
    "immutable": _MUTABILITY,
    "immutable_tags": _MUTABILITY,
    "mutability": _MUTABILITY,
    "tag_mutability": _MUTABILITY,
    "lifecycle_policy": _RULES,
    "lifecycle_policy_text": _RULES,
    "policy": _POLICY,
    "policy_text": "did you mean resource_policy?",
    "repository_policy": "did you mean resource_policy?",
    "repository_policy_text": "did you mean resource_policy?",
    "removal_policy": _KEEPS,
    "state": _KEEPS,
    "repository_name": "did you mean name?",
}
DELETION: Mapping[str, str] = dict.fromkeys(
    ("auto_delete_images", "delete_images", "force", "force_delete"),
    "write empty_on_delete=True to delete the repository with its images",
)


def refuse_options(misspelt: Mapping[str, object], names: Collection[str], advice: Mapping[str, str] = NONE) -> None:
    """Refuse the keywords of a verb that it does not have.

    Args:
        misspelt: The keywords.
        names: The options of the verb.
        advice: What to say of keywords whose spelling does not tell what is meant.

    Raises:
        SpecError: There is one; with the option that was probably meant.
    """
    problems = Problems()
    problems.known(misspelt, names, "the options", advice)
    problems.raise_any()
