"""What somebody may do before and after a plan: gains, losses, and what is granted and changes nothing. Pure.

Called by ``reading``, for each principal that is concerned. Repositories are the bits of masks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import and_, or_

from ecrops.access import actions
from ecrops.access.answers.asking import Asker, Context, Evaluation
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.needs import TOKEN, VERBS
from ecrops.access.effects.changes import GAINS, LOSES, MAY_GAIN, MAY_LOSE, UNCHANGED, AccessChange
from ecrops.access.effects.votes import Rulings, granted, grants, of_this_side, only, sources
from ecrops.base.render import several
from ecrops.iam.evaluation.extent import Extent, surely
from ecrops.iam.evaluation.naming import Way

_LOGIN = "the token to log in"
_PLACEHOLDER = ""  # of no repository: the token is decided too where no repository is concerned
_OUTSIDE = ("everyone", "federated")


class Comparison:
    """The policies before and after a plan, about some repositories.

    Args:
        before: The policies before.
        after: The policies after.
        names: The repositories.
        context: What else is known of requests.
    """

    def __init__(
        self, before: Documents, after: Documents, names: Sequence[str], context: Context | None = None
    ) -> None:
        self.names = tuple(names) or (_PLACEHOLDER,)
        self._before, self._after = (Evaluation(each, self.names, context) for each in (before, after))
        self._exists = [
            sum(1 << index for index, name in enumerate(self.names) if name in documents.policies)
            for documents in (before, after)
        ]

    def of(self, who: str, before: Asker, after: Asker) -> Iterator[AccessChange]:
        """Yield what somebody gains and loses, and what is granted and changes nothing.

        Args:
            who: The principal, in words.
            before: The principal with its policies before.
            after: The same with those after.
        """
        needed = (*sorted(actions.about_repositories()), TOKEN)
        old, new = self._before.rulings(before, needed), self._after.rulings(after, needed)
        pair = _Pair(after, self._before.documents.account, (old, new), self._exists)
        for effect, what, mask, why in pair.rows():
            yield AccessChange(who, effect, (what,), self._named(mask), why)

    def _named(self, mask: int) -> tuple[str, ...]:
        return tuple(self.names[index] for index in self._after.universe.indexes(mask))


class _Pair:
    """The rulings about one principal, before and after.

    Args:
        asker: The principal.
        account: The account of the registry.
        rulings: The rulings before and after.
        exists: Masks of the repositories that exist, before and after.
    """

    def __init__(self, asker: Asker, account: str, rulings: tuple[Rulings, Rulings], exists: Sequence[int]) -> None:
        caller = asker.caller
        self._asker = asker
        self._is_outside = caller.kind in _OUTSIDE or (caller.kind != "service" and caller.account != account)
        self._takes_token = caller.kind != "service" and not self._is_outside
        self._old, self._new = rulings
        self._exists = exists
        every = reduce(or_, exists, 0)
        self._granted = {action: granted(self._old[action], self._new[action]) & every for action in self._new}
        self._taken = {action: granted(self._new[action], self._old[action]) & every for action in self._new}

    def rows(self) -> Iterator[tuple[str, str, int, str]]:
        """Yield the effect, the verb or action, the repositories and the reason."""
        told: dict[tuple[str, str], int] = {}
        for verb, (names, takes_token) in VERBS.items():
            if verb == "pull_push":
                continue
            needed = (*names, TOKEN) if takes_token and self._takes_token else names
            for effect, mask in self._effects(needed):
                for action in (*names, *(actions.PULL if verb == "pull" else ())):
                    told[effect, action] = told.get((effect, action), 0) | mask
                yield from self._reasoned(effect, verb.replace("_", " "), needed, mask)
        yield from self._others(told)
        yield from self._token()

    def _others(self, told: Mapping[tuple[str, str], int]) -> Iterator[tuple[str, str, int, str]]:
        """Yield the actions that belong to no verb that was told; all of them in one word."""
        found: dict[tuple[str, int, str], list[str]] = {}
        every = [action for action in self._new if action != TOKEN]
        for action in every:
            for effect, mask in self._effects((action,)):
                if left := mask & ~told.get((effect, action), 0):
                    for row in self._reasoned(effect, action, (action,), left):
                        found.setdefault((effect, *row[2:]), []).append(action)
        for (effect, mask, why), names in found.items():
            rest = [action for action in every if mask & ~told.get((effect, action), 0)]
            whole = "everything" if len(rest) == len(every) else "everything else"
            yield from ((effect, what, mask, why) for what in ([whole] if names == rest else map(actions.short, names)))

    def _token(self) -> Iterator[tuple[str, str, int, str]]:
        """Yield that somebody may log in, or may no longer: that is about no repository."""
        old, new = self._old[TOKEN].allowed.at(0), self._new[TOKEN].allowed.at(0)
        if self._takes_token and old is not new:
            effect = GAINS if new else LOSES if new is False else MAY_LOSE if old else MAY_GAIN
            yield effect, _LOGIN, 0, self._why(effect, (TOKEN,), 1)

    # What changes

    def _effects(self, needed: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield the effects on what needs some actions, each with its repositories."""
        old, new = self._state(self._old, needed, 0), self._state(self._new, needed, 1)
        yield from (
            (effect, mask)
            for effect, mask in (
                (GAINS, new.certain & ~old.certain),
                (MAY_GAIN, new.possible & ~new.certain & ~old.possible),
                (LOSES, old.possible & ~new.possible),
                (MAY_LOSE, old.certain & ~new.certain & new.possible),
                (UNCHANGED, self._in_vain(needed, old, new)),
            )
            if mask
        )

    def _state(self, rulings: Rulings, needed: Iterable[str], when: int) -> Extent:
        """Return where all of some actions are allowed. For one of another account, where this side allows them."""
        state = surely(self._exists[when])
        for action in needed:
            ruling = rulings[action]
            state = state.both(of_this_side(ruling) if self._is_outside else ruling.allowed)
        return state

    def _in_vain(self, needed: Sequence[str], old: Extent, new: Extent) -> int:
        """Return where a plan grants all of some actions, or takes them away, and nothing changes."""
        same = ~(old.certain ^ new.certain) & ~(old.possible ^ new.possible)
        granted, taken = (
            reduce(and_, (masks[action] for action in needed if action != TOKEN), -1)
            for masks in (self._granted, self._taken)
        )
        return (granted | taken & new.possible) & same if granted >= 0 else 0

    # Why

    def _reasoned(
        self, effect: str, what: str, needed: Sequence[str], mask: int
    ) -> Iterator[tuple[str, str, int, str]]:
        """Yield an effect for each of its reasons: several repositories may have different ones."""
        reasons: dict[str, int] = {}
        index = 0
        while mask >> index:
            bit = 1 << index
            if mask & bit:
                why = self._why(effect, needed, bit)
                reasons[why] = reasons.get(why, 0) | bit
            index += 1
        for why, part in reasons.items():
            yield effect, what, part, why

    def _why(self, effect: str, needed: Sequence[str], bit: int) -> str:
        if effect == UNCHANGED:
            return self._why_unchanged(needed, bit)
        needed = [name for name in needed if self._differs(name, bit)]
        if effect in (GAINS, MAY_GAIN):
            found, others = self._added(needed, bit), self._removed(needed, bit, denies=True)
            words = f"by {found}" if found else f"no longer denied by {others}" if others else ""
        else:
            found, others = self._added(needed, bit, denies=True), self._removed(needed, bit)
            words = f"denied by {found}" if found else f"no longer allowed by {others}" if others else ""
        if effect in (MAY_GAIN, MAY_LOSE):
            keys = self._keys(needed, bit)
            words = ", ".join(filter(None, (words, f"it depends on {keys}" if keys else "")))
        return words + self._beyond(effect)

    def _differs(self, action: str, bit: int) -> bool:
        """Whether one of the actions that are needed makes the difference."""
        old, new = self._state(self._old, [action], 0), self._state(self._new, [action], 1)
        return bool((old.certain ^ new.certain | old.possible ^ new.possible) & bit)

    def _beyond(self, effect: str) -> str:
        """Return what has to be so besides, of one of another account."""
        is_gain = effect in (GAINS, MAY_GAIN)
        return ", as far as a policy of its own account allows it too" if is_gain and self._is_outside else ""

    def _why_unchanged(self, needed: Sequence[str], bit: int) -> str:
        denied = [
            vote for name in needed for vote in self._new[name].votes if vote.denies and vote.extent.certain & bit
        ]
        if denied:
            return f"denied by {sources(denied)}"
        state = self._state(self._new, needed, 1)
        if state.certain & bit:
            is_grant = all(self._granted[name] & bit for name in needed if name != TOKEN)
            rulings, when = (self._old, "already") if is_grant else (self._new, "still")
            votes = [vote for name in needed for vote in rulings[name].votes if grants(vote)]
            return f"{when} allowed by {sources(vote for vote in votes if vote.extent.certain & bit)}"
        if state.possible & bit:
            return f"it depends on {self._keys(needed, bit) or 'what is not known'}, before and after"
        return self._why_not(needed, bit)

    def _why_not(self, needed: Sequence[str], bit: int) -> str:
        """Return what is missing, of what is neither allowed nor denied."""
        lacking = [name for name in needed if not self._state(self._new, [name], 1).possible & bit]
        if lacking == [TOKEN]:
            return f"the token to log in is missing, {TOKEN}"
        if self._asker.boundary is not None:
            return f"the permissions boundary {self._asker.boundary.source.policy} does not allow it"
        votes = [vote for name in lacking for vote in self._new[name].votes]
        if any(vote.way is Way.ACCOUNT for vote in votes):
            return "it names the account alone, so that an identity policy has to allow it too"
        return f"{several(map(actions.short, lacking))} is missing"

    def _keys(self, needed: Sequence[str], bit: int) -> str:
        votes = (vote for name in needed for vote in self._new[name].votes)
        keys = (key for vote in votes if vote.extent.possible & ~vote.extent.certain & bit for key in vote.keys)
        return several(dict.fromkeys(keys))

    def _added(self, needed: Sequence[str], bit: int, *, denies: bool = False) -> str:
        return sources(only(self._new, self._old, needed, bit, denies=denies))

    def _removed(self, needed: Sequence[str], bit: int, *, denies: bool = False) -> str:
        return sources(only(self._old, self._new, needed, bit, denies=denies))
