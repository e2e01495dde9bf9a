"""What a verb, or an action, needs: the actions on a repository, and whether the token to log in. Pure.

Called by all that answers questions about access, so that a verb means the same everywhere. ``VERBS`` is the one table.
It holds what is enough for a verb, which is less than what ``grants`` allow with it: an image is pulled without asking
first which of its layers are there.

Sources: https://docs.aws.amazon.com/AmazonECR/latest/userguide/security-iam-awsmanpol.html (what is enough for a pull,
and for one through a cache), https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-push-iam.html (for a push),
https://docs.aws.amazon.com/lambda/latest/dg/images-create.html (for Lambda, which needs no token).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ecrops.access import actions
from ecrops.base.plain_json import check_depth
from ecrops.base.problems import nearest
from ecrops.errors import SpecError
from ecrops.repositories.values import ECR

IMPORT = "ecr:BatchImportUpstreamImage"
TOKEN = actions.TOKEN[0]
# The actions that are enough for each verb, and whether it is of no use without the token to log in.
VERBS: dict[str, tuple[tuple[str, ...], bool]] = {
    "read": (actions.READ, False),
    "pull": (actions.LAMBDA, True),
    "push": (actions.PUSH, True),
    "pull_push": (tuple(dict.fromkeys((*actions.LAMBDA, *actions.PUSH))), True),
    "pull_through_cache": ((*actions.LAMBDA, IMPORT), True),
    "scan_findings": (actions.SCAN_FINDINGS, False),
    "delete_images": (("ecr:BatchDeleteImage",), False),  # who cannot list images may know their tags
    "lifecycle": (actions.LIFECYCLE, False),
    "change_policies": (("ecr:SetRepositoryPolicy",), False),
}


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody needs to do something with a repository.

    Args:
        what: The verb, the action or the wildcard of actions, as it is shown.
        actions: The actions on the repository.
        token: Whether ``ecr:GetAuthorizationToken`` too, the token to log in, which only an identity policy can allow.
    """

    what: str
    actions: tuple[str, ...]
    token: bool = False

    @property
    def all_actions(self) -> tuple[str, ...]:
        """The actions on the repository, and that of the token if it is needed."""
        return (*self.actions, TOKEN) if self.token else self.actions

    @property
    def moves_images(self) -> bool:
        """Whether images or their layers are read or written by one of the actions."""
        return bool(actions.FOR_IMAGES[ECR] & set(self.actions))

    def without_token(self) -> Need:
        """Return what a service of AWS needs, which does not log in. The token alone stays: no policy can allow it."""
        return replace(self, token=not self.actions)


def need_of(verb_or_action: object) -> Need:
    """Return what a verb, an action or a wildcard of actions needs.

    Args:
        verb_or_action: A verb of ``VERBS``, an action such as ``ecr:ListImages`` (``ecr:`` may be left out), or a
            wildcard such as ``ecr:Batch*``, which means every action that it covers on a repository that is there.

    Raises:
        SpecError: It is none of these; with what was probably meant.
    """
    check_depth(verb_or_action)
    if isinstance(verb_or_action, str) and verb_or_action in VERBS:
        needed, token = VERBS[verb_or_action]
        return Need(verb_or_action, needed, token)
    if not isinstance(verb_or_action, str) or _is_no_action(verb_or_action):
        close = nearest(verb_or_action, VERBS) if isinstance(verb_or_action, str) else None
        hint = f"; did you mean {close!r}?" if close else ""
        raise SpecError(
            f"expected {', '.join(VERBS)} or an action such as 'ecr:ListImages', got {verb_or_action!r}{hint}"
        )
    name = verb_or_action if ":" in verb_or_action else f"{ECR}:{verb_or_action}"
    if name.lower() == TOKEN.lower():
        return Need(TOKEN, (), token=True)
    try:
        (checked,) = actions.check([name])
    except SpecError as error:  # the field of a grant, ``actions``, is an argument here
        raise SpecError(*(reason.removeprefix("actions: ") for reason in error.reasons)) from None
    if "*" not in checked and "?" not in checked:
        return Need(checked, (checked,))
    covered = actions.expanded([checked]) - set(actions.IDENTITY_ONLY)
    return Need(checked, tuple(sorted(covered or actions.expanded([checked]))))


def _is_no_action(word: str) -> bool:
    """Whether a word without ``ecr:`` is no action, and resembles none."""
    is_pattern = bool({":", "*", "?"} & set(word))
    return not is_pattern and nearest(word, actions.known().values()) is None
