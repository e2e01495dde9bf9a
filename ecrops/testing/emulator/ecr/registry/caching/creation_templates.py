"""Repository creation templates: what a repository gets that ECR makes by itself.

Models botocore's text of the operations, and the guide's
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates.html.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.utilities.utils import get_partition

from ... import lifecycle, mutability, paging, policies, tags
from ...errors import InvalidTag, TooManyTags, invalid
from . import credentials
from .prefixes import key_of, longest

Template = dict[str, Any]
_FILTERS = "imageTagMutabilityExclusionFilters"
_DEFAULTS = {"imageTagMutability": "MUTABLE", "encryptionConfiguration": {"encryptionType": "AES256"}}


class TemplateAlreadyExists(ServiceException):
    """A second template for a prefix, even one that is the same."""

    code = "TemplateAlreadyExistsException"

    def __init__(self, prefix: str, registry: str) -> None:
        super().__init__(f"The template with prefix '{prefix}' already exists in the registry with id '{registry}'")


class TemplateNotFound(ServiceException):
    """No template for a prefix."""

    code = "TemplateNotFoundException"

    def __init__(self, prefix: str, registry: str) -> None:
        super().__init__(f"The template with prefix '{prefix}' does not exist in the registry with id '{registry}'")


class CreationTemplates:
    """The templates of one registry, by prefix."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._partition = account, get_partition(region)
        self.templates: dict[str, Template] = {}
        self.missing_is_error = False
        self.update_replaces = False

    def create(self, request: Template) -> Template:
        """A new template; refused if there is one of that prefix, whatever it says.

        One that asks for KMS or tags and has no role is taken too: aws/containers-roadmap#2398.
        """
        prefix = request["prefix"]
        if key_of(prefix) in self.templates:
            raise TemplateAlreadyExists(prefix, self._account)
        now = utcnow()
        self.templates[key_of(prefix)] = {**self._checked(request), "createdAt": now, "updatedAt": now}
        return self._answer(self.templates[key_of(prefix)])

    def update(self, request: Template) -> Template:
        """Change what is given. The model: an omitted `imageTagMutability` is MUTABLE; filters go with it."""
        old = self._find(request["prefix"])
        # unverified: that all else stays when it is omitted; `update_replaces` is the other reading
        lasting = ("prefix", "createdAt", "appliedFor") if self.update_replaces else (*old,)
        kept = {key: old[key] for key in lasting if key not in ("imageTagMutability", _FILTERS)}
        changed = self._checked({**kept, **request, "prefix": old["prefix"]})
        self.templates[key_of(old["prefix"])] = {**changed, "updatedAt": utcnow()}
        return self._answer(self.templates[key_of(old["prefix"])])

    def describe(self, request: dict[str, Any]) -> dict[str, Any]:
        """Those of some prefixes, as far as there are any; or a page of all."""
        prefixes = request.get("prefixes")
        if not prefixes:
            templates = [self.templates[name] for name in sorted(self.templates, key=paging.place)]
            page, more = paging.page(templates, request.get("maxResults"), request.get("nextToken"))
            return self._listed(list(page), more)
        for name in ("nextToken", "maxResults"):
            if name in request:
                # unverified: DescribeRepositories and DescribePullThroughCacheRules refuse it
                raise invalid(name, f"{name} can't be specified together with prefixes")
        found = {key_of(prefix): self.templates.get(key_of(prefix)) for prefix in prefixes}
        # unverified: the model has no error for this, but Terraform and ACK expect TemplateNotFoundException
        if self.missing_is_error and None in found.values():
            raise TemplateNotFound(prefixes[0], self._account)
        return self._listed([template for template in found.values() if template], None)

    def delete(self, prefix: str) -> Template:
        """Take a template away. The repositories made by it stay as they are."""
        template = self._find(prefix)
        return self._answer(self.templates.pop(key_of(template["prefix"])))

    def matching(self, repository: str, scenario: str) -> Template | None:
        """The template of the longest prefix of a name."""
        # unverified: that a longer prefix for other scenarios does not hide a shorter one for this
        applied = {
            prefix: template for prefix, template in self.templates.items() if scenario in template["appliedFor"]
        }
        return applied.get(longest(applied, repository))

    def _find(self, prefix: str) -> Template:
        if key_of(prefix) not in self.templates:
            raise TemplateNotFound(prefix, self._account)
        return self.templates[key_of(prefix)]

    def _checked(self, given: Template) -> Template:
        """What is kept of a template. An empty text is none, so that a text can be taken away."""
        # unverified: that empty texts clear, and an empty list of tags
        template: Template = {**_DEFAULTS, **{key: value for key, value in given.items() if value not in ("", [])}}
        template.setdefault("appliedFor", [])
        mutability.check(template["imageTagMutability"], template.get(_FILTERS))
        template["encryptionConfiguration"] = _encryption(template["encryptionConfiguration"])
        _check_tags(template.get("resourceTags", []))
        role = template.get("customRoleArn")
        if role:
            credentials.check_role(role, self._account, self._partition)
        # unverified: that policies are checked as early as this, and are given back as those of repositories are
        if "lifecyclePolicy" in template:
            template["lifecyclePolicy"] = lifecycle.stored(template["lifecyclePolicy"])
        if "repositoryPolicy" in template:
            policies.checked(template["repositoryPolicy"], self._partition, unseen=False)
        return template

    def _answer(self, template: Template) -> dict[str, Any]:
        return {"registryId": self._account, "repositoryCreationTemplate": self._shown(template)}

    def _listed(self, templates: list[Template], more: str | None) -> dict[str, Any]:
        shown = [self._shown(template) for template in templates]
        return {"registryId": self._account, "repositoryCreationTemplates": shown, **paging.following(more)}

    def _shown(self, template: Template) -> Template:
        if "repositoryPolicy" not in template:
            return template
        text = policies.shown(json.loads(template["repositoryPolicy"]), {}, self._partition)
        return {**template, "repositoryPolicy": text}


def _encryption(given: dict[str, str]) -> dict[str, str]:
    """The encryption that is kept. The pattern of the key lets an empty one through, which names none."""
    kept = {key: value for key, value in given.items() if value}
    if kept["encryptionType"] == "AES256" and "kmsKey" in kept:
        raise invalid("encryptionConfiguration", "kmsKey can't be specified for AES256")
    return kept


def _check_tags(given: tags.Tags) -> None:
    """The rules for tags of repositories; the model names no error of its own for those of templates."""
    try:
        tags.check(given)
    except (InvalidTag, TooManyTags) as error:
        raise invalid("resourceTags", str(error.message)) from error


class CreationTemplateResponses:
    """The operations on templates, for ECR's responses to inherit."""

    def create_repository_creation_template(self: Any) -> ActionResult:
        """Make a template."""
        return ActionResult(self.ecr_backend.creation_templates.create(self.request))

    def describe_repository_creation_templates(self: Any) -> ActionResult:
        """List templates."""
        return ActionResult(self.ecr_backend.creation_templates.describe(self.request))

    def update_repository_creation_template(self: Any) -> ActionResult:
        """Change a template."""
        return ActionResult(self.ecr_backend.creation_templates.update(self.request))

    def delete_repository_creation_template(self: Any) -> ActionResult:
        """Take a template away."""
        return ActionResult(self.ecr_backend.creation_templates.delete(self.request["prefix"]))
