"""A live handle of one public repository, and its verbs. Users get one from ``PublicRegistry.repository``.

What grants and policies need is imported inside the verbs: a program that uses neither need not wait for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, Never

from ecrops.base.problems import given
from ecrops.engine.account import Account
from ecrops.engine.aspect import Want
from ecrops.engine.plan import Plan
from ecrops.errors import SpecError
from ecrops.public import catalog, existence, tags, wants
from ecrops.public.spec import PublicRepositorySpec
from ecrops.public.values import CatalogData, check_logo, check_public_name
from ecrops.repositories import calls
from ecrops.repositories import tags as tag_edits
from ecrops.repositories.advice import DELETION, refuse_options
from ecrops.repositories.checks import check_one_by_one, check_tag_keys, check_tags
from ecrops.repositories.handle import Uris, revoke_both
from ecrops.repositories.states import absent
from ecrops.repositories.values import PUBLIC

if TYPE_CHECKING:
    import boto3

    from ecrops.access.principals.named import Grantee
    from ecrops.base.waits import OnWait
    from ecrops.engine.telling import OnChange


class PublicRepository(Uris):
    """A repository of a public registry, whether it exists or not. Get one from ``PublicRegistry.repository``.

    Every verb returns a ``Plan``: the changes that it made, false if there was nothing to do.
    """

    def __init__(self, registry: Account, name: str) -> None:
        self.registry = registry
        self.name = check_public_name(name)
        self._uri = ""

    def __repr__(self) -> str:
        return f"PublicRepository({self.name!r})"

    def _shown(self) -> Mapping[str, Any]:
        return {"name": self.name, **({"uri": self._uri} if self._uri else {}), **self.registry._shown()}

    def __eq__(self, other: object) -> bool:
        """Whether another handle is of the same registry and name."""
        return isinstance(other, PublicRepository) and (self.registry, self.name) == (other.registry, other.name)

    def __hash__(self) -> int:
        return hash((type(self), id(self.registry), self.name))

    # Names

    @property
    def arn(self) -> str:
        """The repository's ARN. It has no region."""
        return calls.arn_of(self.registry.aws, self.name, PUBLIC)

    @property
    def registry_uri(self) -> str:
        """The address of the repository's registry, such as ``public.ecr.aws/a1b2c3d4``."""
        return self.registry.uri

    @property
    def uri(self) -> str:
        """The address that images are pushed to and pulled from, without a tag.

        It is what ``DescribeRepositories`` says, and is remembered; for a repository that does not exist, the address
        that it would have by the alias of the registry.

        Raises:
            EcropsError: Neither the repository nor an alias exists.
        """
        if not self._uri:
            found = existence.read_all(self.registry.aws, {self.name: ()})[self.name]
            self._uri = found.uri if found else ""
        return self._uri or f"{self.registry_uri}/{self.name}"

    # The repository itself

    def exists(self) -> bool:
        """Whether the repository exists."""
        return calls.is_there(self.registry.aws, self.name, PUBLIC)

    def describe(self) -> PublicRepositorySpec:
        """Return the repository as a spec for which ``ensure`` has nothing to do.

        Raises:
            ClientError: botocore's ``RepositoryNotFoundException``.
        """
        return wants.describe(self.registry.aws, [self.name])[0]

    def ensure(
        self,
        *,
        catalog_data: CatalogData | Mapping[str, Any] | None = None,
        resource_policy: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        on_change: OnChange | None = None,
        on_wait: OnWait | None = None,
        progress: bool = False,
        **misspelt: Never,
    ) -> Plan:
        """Make the repository, or bring it to these fields. The fields are those of ``PublicRepositorySpec``.

        Args:
            catalog_data: What the gallery shows of it.
            resource_policy: The repository policy, as a document; ``{}`` removes it.
            tags: All tags; ``{}`` removes them.
            on_change: Called on this thread with every change that was made.
            on_wait: Called on this thread with a ``Wait`` before ecrops waits.
            progress: Whether to draw how far it is, on the standard error.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: No public repository can be like this.
            ConflictError: The change would take away a logo that no field brings.
        """
        fields = given(locals(), "on_change", "on_wait", "progress")
        if "name" in fields:
            raise SpecError(f"name: a handle has one, {self.name!r}; PublicRegistry.repository gives another handle")
        spec = PublicRepositorySpec.from_dict({"name": self.name, **fields})
        with self.registry.telling(on_change, on_wait, progress) as registry:
            return registry.make(*wants.of_specs([spec]))

    def delete(self, empty_on_delete: bool = False, **misspelt: Never) -> Plan:
        """Delete the repository, and wait until it is gone. If it does not exist, there is nothing to do.

        Args:
            empty_on_delete: Whether to delete it with its images, if it holds any.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: There is no such option.
            ClientError: botocore's ``RepositoryNotEmptyException``: it holds images.
        """
        refuse_options(misspelt, ["empty_on_delete"], DELETION)
        return self.registry.make(Want(existence, self.name, absent(empty_on_delete)))

    def set_logo(self, logo: bytes | str) -> Plan:
        """Write the logo, also over one that may be the same: it cannot be read back and compared.

        ``ensure`` writes a logo only if the repository has none, or with another change of the catalog data.

        Args:
            logo: The bytes of the image, or their base64 text; ``b""`` removes the logo.

        Raises:
            SpecError: It is neither, or has more than 512,000 bytes.
        """
        data = CatalogData(logo_image_blob=check_logo(logo))
        return self.registry.make(Want(catalog, self.name, catalog.Members(data, replaces_logo=True)))

    def add_tags(self, tags_: Mapping[str, str] | None = None, /, **more_tags: str) -> Plan:
        """Set these tags, and leave the other tags as they are."""
        checked = check_tags({**check_tags(tags_ or {}), **more_tags})
        return self.registry.make(Want(tags, self.name, tag_edits.Include(checked)))

    def remove_tags(self, *keys: str) -> Plan:
        """Remove the tags with these keys, and leave the other tags as they are."""
        check_one_by_one(keys, "remove_tags(*keys)")
        return self.registry.make(Want(tags, self.name, tag_edits.Exclude(check_tag_keys(keys))))

    # Who may push

    def grant_push(
        self,
        principal: Grantee | str,
        *,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Let a principal push images, and log in for that. Everybody can pull them, without a grant.

        The principal and the options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.
        """
        return self._grant("push", locals())

    def grant(
        self,
        principal: Grantee | str,
        *actions: str,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Allow a principal these actions and no others: not even the token to log in.

        The options ``on``, ``attach``, ``policy_name`` and ``session`` are as in ``Grant``.

        Args:
            principal: A principal, or a string that stands for one.
            actions: Such as ``ecr-public:DescribeImages``.

        Raises:
            SpecError: An action is not one of ECR Public, or not one about a repository.
        """
        return self._grant(actions, locals())

    def revoke(
        self,
        principal: Grantee | str,
        *actions: str,
        on: str | None = None,
        attach: Literal["inline", "managed"] = "inline",
        policy_name: str = "ecrops",
        session: boto3.Session | None = None,
        **misspelt: Never,
    ) -> Plan:
        """Remove what ecrops granted to a principal, from the repository policy and from its IAM policy.

        Nobody loses the right to pull. The plan's notes say what these policies still allow the principal.

        Args:
            principal: The principal, with the conditions of the grant if it had any.
            actions: The granted actions to remove; all without.
            on: As in the grant.
            attach: As in the grant.
            policy_name: As in the grant.
            session: As in the grant.
            misspelt: No other keyword is accepted. The error says which one was probably meant.

        Raises:
            SpecError: There is no such principal or action, or ``on`` does not match this repository.
            ClientError: botocore's own error, if one policy is changed.
            ApplyError: Some of several policies could not be changed; its ``applied`` lists what was done.
        """
        arguments = locals()
        from ecrops.access import wants as access_wants
        from ecrops.public.grants import KIND

        aws, name = self.registry.aws, self.name
        on_repository, on_identity = access_wants.revoke(aws, name, principal, actions, arguments, kind=KIND)
        return revoke_both(self.registry, on_identity, on_repository)

    def _grant(self, allow: Any, arguments: Mapping[str, Any]) -> Plan:
        from ecrops.access import wants as access_wants
        from ecrops.public.grants import KIND

        return self.registry.make(*access_wants.grant(self.registry.aws, self.name, allow, arguments, kind=KIND))

    def add_to_resource_policy(
        self, statement: Mapping[str, Any], *, replace: bool = False, force: bool = False
    ) -> Plan:
        """Add a statement to the repository policy. Adding the same statement twice is no change.

        Args:
            statement: As in a policy document, without ``Resource``. No statement keeps anybody from pulling.
            replace: Whether it replaces another statement with its ``Sid``.
            force: Whether ECR takes it even if it keeps the caller from ever setting another policy.

        Raises:
            SpecError: ECR would refuse it, or another statement has its ``Sid``.
        """
        from ecrops.access.wants import add
        from ecrops.public.grants import KIND

        return self.registry.make(add(self.registry.aws, self.name, statement, replace, force, KIND))

    def remove_from_resource_policy(self, statement: Mapping[str, Any] | str, *, force: bool = False) -> Plan:
        """Remove a statement from the repository policy, by its ``Sid`` or by its content.

        Args:
            statement: The statement, or its ``Sid``.
            force: As in ``add_to_resource_policy``, for the remaining policy.

        Raises:
            SpecError: It holds what ecrops granted, which ``revoke`` removes.
        """
        from ecrops.access.wants import drop
        from ecrops.public.grants import KIND

        return self.registry.make(drop(self.name, statement, force, KIND))

    def set_resource_policy(self, document: Mapping[str, Any], *, force: bool = False) -> Plan:
        """Replace the repository policy; ``{}`` removes it.

        Args:
            document: The policy document.
            force: As in ``add_to_resource_policy``.

        Raises:
            SpecError: ECR would refuse it; with every reason.
        """
        from ecrops.access.wants import put
        from ecrops.public.grants import KIND

        return self.registry.make(put(self.registry.aws, self.name, document, force, KIND))
