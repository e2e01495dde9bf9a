"""Whose pulls leave no pull time: a list of IAM principals.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_RegisterPullTimeUpdateExclusion.html; at most a hundred.
"""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from .. import paging
from ..errors import LimitExceeded

MOST = 100


class ExclusionAlreadyExists(ServiceException):
    """A second registration of a principal."""

    code = "ExclusionAlreadyExistsException"
    message = "The specified pull time update exclusion already exists for the registry."


class ExclusionNotFound(ServiceException):
    """A principal that was not registered."""

    code = "ExclusionNotFoundException"
    message = "The specified pull time update exclusion was not found."


class Exclusions:
    """The principals, in the order in which they came. Nobody looks whether IAM has them."""

    # unverified: whether a principal must exist, or be of this account

    def __init__(self) -> None:
        self.principals: list[str] = []

    def register(self, principal: str) -> None:
        """Add a principal."""
        if principal in self.principals:
            raise ExclusionAlreadyExists
        if len(self.principals) >= MOST:
            raise LimitExceeded(f"A registry can have at most {MOST} pull time update exclusions")
        self.principals.append(principal)

    def deregister(self, principal: str) -> None:
        """Take a principal away."""
        if principal not in self.principals:
            raise ExclusionNotFound
        self.principals.remove(principal)


class ExclusionsResponses:
    """The operations on exclusions, for ECR's responses to inherit."""

    def register_pull_time_update_exclusion(self: Any) -> ActionResult:
        """Add a principal."""
        principal = self.request["principalArn"]
        self.ecr_backend.settings.exclusions.register(principal)
        return ActionResult({"principalArn": principal, "createdAt": utcnow()})

    def deregister_pull_time_update_exclusion(self: Any) -> ActionResult:
        """Take a principal away."""
        principal = self.request["principalArn"]
        self.ecr_backend.settings.exclusions.deregister(principal)
        return ActionResult({"principalArn": principal})

    def list_pull_time_update_exclusions(self: Any) -> ActionResult:
        """Tell a page of the principals."""
        size, token = self.request.get("maxResults"), self.request.get("nextToken")
        page, more = paging.page(self.ecr_backend.settings.exclusions.principals, size, token)
        return ActionResult({"pullTimeUpdateExclusions": page, **paging.following(more)})
