"""Whether layers can be mounted from one repository in another, so that no byte is moved; else why not, in words.

Called by what plans and makes a copy. The API of ECR has no mount: it is a request to the ``/v2`` of the registry. What
it takes: https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html. Where the registry does not mount a
layer after all, or cannot be reached any more, the layer is streamed, and the reason is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ecrops.aws import DENIED, LOST, Aws, ClientError, code_of, operations_of
from ecrops.aws.http import Http
from ecrops.base.render import text_size
from ecrops.images.copying.stores.http import HttpStore
from ecrops.images.copying.stores.token import Token
from ecrops.images.manifests import Layer
from ecrops.repositories import calls

if TYPE_CHECKING:
    from ecrops.spec import RepositorySpec

TWO_REGISTRIES = "the repositories are in two registries, and layers are mounted within one"
SETTING = "BLOB_MOUNTING"


class Side(NamedTuple):
    """A repository that layers come from, or go to.

    Args:
        account: Its account.
        region: Its region.
        name: Its name.
        encryption: The type of its encryption, such as ``AES256``.
        key: The ARN of its KMS key; empty without one.
    """

    account: str
    region: str
    name: str
    encryption: str = "AES256"
    key: str = ""

    @classmethod
    def of(cls, region: str, repository: Mapping[str, Any]) -> Side:
        """Return a repository as ``DescribeRepositories`` answers with it."""
        encryption = repository.get("encryptionConfiguration") or {}
        kind, key = encryption.get("encryptionType", "AES256"), encryption.get("kmsKey", "")
        return cls(repository["registryId"], region, repository["repositoryName"], kind, key)

    @classmethod
    def new(cls, source: Side, name: str, spec: RepositorySpec | None) -> Side:
        """Return a repository of the registry of another one, as a spec is about to make it.

        ECR chooses the key where a spec names none, and a spec may name it by an alias: it is taken for another one.
        """
        kind = str(spec.encryption or "AES256") if spec else "AES256"
        return cls(source.account, source.region, name, kind, "" if kind == "AES256" else "not known yet")


def why_not(aws: Aws, source: Side, target: Side) -> str:
    """Return why layers cannot be mounted; empty if they can, as far as can be told before.

    Args:
        aws: The account and region of the target. It is asked only for what the repositories do not tell.
        source: Where the layers are.
        target: Where they go.
    """
    reason = differing(source, target) or aws.once_per_run(SETTING, lambda: _setting(aws))
    if reason:
        return reason
    prefixes = aws.once_per_run("pull-through cache prefixes", lambda: _prefixes(aws))
    if any(source.name.startswith(f"{prefix}/") for prefix in prefixes):
        return f"{source.name} is filled by a pull-through cache rule, and ECR mounts no layers of such images"
    return aws.once_per_run("/v2", lambda: _unreachable(aws))


def why_not_between(aws: Aws, source: str, target: str, spec: RepositorySpec | None) -> str:
    """Return why layers cannot be mounted between two repositories of a registry; empty if they can.

    Args:
        aws: The account and region of both.
        source: Where the layers are.
        target: Where they go. It may not exist yet.
        spec: What it is made by, if it is.
    """
    try:
        sides = calls.find(aws, [source, target], lambda item: Side.of(aws.region, item))
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return "their encryption cannot be read: the caller needs ecr:DescribeRepositories"
    if source not in sides:
        return f"{source} does not exist any more"
    return why_not(aws, sides[source], sides.get(target) or Side.new(sides[source], target, spec))


def differing(source: Side, target: Side) -> str:
    """Return why ECR mounts no layers between two repositories, whatever is set; empty if it does. Pure."""
    if (source.account, source.region) != (target.account, target.region):
        return TWO_REGISTRIES
    if source.encryption != target.encryption:
        kinds = f"{source.name} is encrypted with {source.encryption}, {target.name} with {target.encryption}"
        return f"{kinds}, and layers are mounted between repositories of one encryption"
    if source.key != target.key:
        return f"{source.name} and {target.name} are encrypted with two KMS keys, and layers are mounted within one"
    return ""


def words(size: int, reason: str) -> str:
    """Return what happens to so many bytes of layers: they are mounted, or streamed for a reason."""
    if not size:
        return "no layer is missing"
    return f"{text_size(size)} are streamed, since {reason}" if reason else f"{text_size(size)} are mounted"


class Mounter:
    """Mounts layers of one repository in another one of its registry, on any thread.

    Args:
        aws: The account and region, for the token.
        source: The repository that has the layers.
        target: The repository that gets them.

    Attributes:
        reason: Why layers are to be streamed instead; empty as long as all were mounted.
    """

    def __init__(self, aws: Aws, source: str, target: str) -> None:
        self._source, self._target = source, target
        self._token = Token(aws)
        self._is_over = False
        self.reason = ""

    def mount(self, aws: Aws, layer: Layer) -> bool:
        """Mount a layer. Returns whether it was done: if not, it is to be streamed.

        After an error no further mount is tried.

        Args:
            aws: The account and region, as they are bound to the change that needs the layer.
            layer: The layer.

        Raises:
            DeadlineError: No time remained.
        """
        if self._is_over:
            return False
        try:
            store = HttpStore(Http(aws), self._token.endpoint, self._target, self._token)
            is_done = store.mount(layer.digest, self._source)
        except (ClientError, *LOST) as error:
            aws.check("layers are streamed")  # an error that ends the run is none of the mount
            self._is_over = True
            self.reason = f"a mount failed: {code_of(error) or type(error).__name__}"
            return False
        if not is_done:
            self.reason = self.reason or "the registry answered that it does not mount them"
        return is_done


def _setting(aws: Aws) -> str:
    """Return why the account mounts no layers; empty if it does."""
    if "GetAccountSetting" not in operations_of("ecr"):
        return f"this version of botocore cannot read the account setting {SETTING}"
    try:
        value = aws.get("ecr", "GetAccountSetting", "value", name=SETTING)
    except ClientError as error:
        needed = ": the caller needs ecr:GetAccountSetting" if code_of(error) in DENIED else f": {code_of(error)}"
        return f"the account setting {SETTING} cannot be read{needed}"
    if value != "ENABLED":
        turned_on = f'registry.account_settings.set("{SETTING}", "ENABLED") turns it on'
        return f"the account setting {SETTING} is {value}: {turned_on}"
    return ""


def _prefixes(aws: Aws) -> Collection[str]:
    """Return the prefixes of the pull-through cache rules; none if they cannot be read: the registry answers 202 then.

    The prefix ``ROOT`` stands for every name, which tells nothing about one.
    """
    try:
        pages = aws.pages("ecr", "DescribePullThroughCacheRules", "pullThroughCacheRules")
        return [rule["ecrRepositoryPrefix"] for page in pages for rule in page]
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return ()


def _unreachable(aws: Aws) -> str:
    """Return why the ``/v2`` of the registry is of no use here; empty if it answers. One attempt."""
    try:
        token = Token(aws)
        endpoint = token.endpoint
    except ClientError as error:
        return f"there is no token for the registry: {code_of(error)}"
    try:
        Http(aws).once("GET", f"{endpoint}/v2/", headers=token.headers())
    except ClientError as error:
        return f"{endpoint} refuses the token: {code_of(error)}"
    except LOST as error:
        way_out = "a VPC without internet access needs the endpoint com.amazonaws.<region>.ecr.dkr"
        return f"{endpoint} cannot be reached from here ({type(error).__name__}): {way_out}"
    return ""
