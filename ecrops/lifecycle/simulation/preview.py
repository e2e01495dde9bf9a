"""ECR's own preview of a lifecycle policy: slower than a simulation, and authoritative.

Called by ``preview_lifecycle`` and ``check_lifecycle``. It starts a preview, waits until it is finished, and turns the
results into a ``Simulation``. ECR runs one preview at a time for each repository, so it also waits for previews that
somebody else started: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartLifecyclePolicyPreview.html
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ecrops.aws import Aws, ClientError, code_of
from ecrops.base.problems import Problems
from ecrops.base.waits import Waited
from ecrops.errors import DeadlineError, EcropsError
from ecrops.images.image import Image
from ecrops.lifecycle.policy.document import Rules, canonical, parse, to_text
from ecrops.lifecycle.policy.words import words
from ecrops.lifecycle.simulation.compiled import Action
from ecrops.lifecycle.simulation.forecast import check_number
from ecrops.lifecycle.simulation.result import Simulation
from ecrops.lifecycle.simulation.verdicts import Tally, Verdict, size
from ecrops.repositories import calls

RUNNING = "LifecyclePolicyPreviewInProgressException"
NOT_YET = "LifecyclePolicyPreviewNotFoundException"
_ACTIONS = {"EXPIRE": Action.EXPIRE, "TRANSITION": Action.ARCHIVE}
_VERBS = {Action.EXPIRE: "expires it", Action.ARCHIVE: "archives it"}


class PreviewError(EcropsError):
    """A preview of ECR failed, or expired before it was read. Another attempt may succeed."""


class Waiter:
    """Waits between two reads of a preview, until the timeout.

    Args:
        aws: Sleeps, keeps the deadline of the registry, and tells of each wait.
        timeout: Seconds to wait in all.

    Raises:
        SpecError: The timeout is not a number of at least 0.
    """

    def __init__(self, aws: Aws, timeout: float) -> None:
        problems = Problems()
        problems.take("timeout", lambda: check_number(timeout))
        problems.raise_any()
        self._aws = aws
        self._timeout = timeout
        self._waited = Waited()
        self._pauses = itertools.chain((1.0, 2.0), itertools.repeat(5.0))

    def wait(self, name: str) -> None:
        """Wait: 1 second the first time, then 2, then 5 each time.

        Args:
            name: The repository, for the message.

        Raises:
            DeadlineError: The time is over.
        """
        pause = next(self._pauses)
        if self._waited.seconds + pause > self._timeout:
            raise DeadlineError(f"ECR has not finished the preview for {name} within {self._timeout:g} seconds")
        self._waited.owner = name
        self._aws.pause(pause, "the preview was finished", f"ECR runs a preview for {name}", self._waited)


def preview(aws: Aws, name: str, rules: Rules | None, images: Iterable[Image], waiter: Waiter) -> Simulation:
    """Return what ECR says that a policy would do.

    Args:
        aws: The account and region.
        name: The repository.
        rules: Canonical rules; ``None`` for the policy of the repository. Without rules nothing is removed, and no
            preview is run.
        images: All images of the repository.
        waiter: Waits for the preview.
    """
    if rules is not None and not rules:
        return _simulation([], (), images)
    while True:
        policy = canonical(parse(_start(aws, name, rules, waiter)))
        results = _results(aws, name, policy, waiter)
        if results is not None:
            return _simulation(policy, results, images)
        waiter.wait(name)


def _start(aws: Aws, name: str, rules: Rules | None, waiter: Waiter) -> str:
    """Start a preview, after one that may be running. Returns the text of the policy that it is for."""
    params = {"repositoryName": name} | ({"lifecyclePolicyText": to_text(rules)} if rules is not None else {})
    while True:
        try:
            answer = calls.call(aws, name, "StartLifecyclePolicyPreview", params, "lifecyclePolicyText")
        except ClientError as error:
            if code_of(error) != RUNNING:
                raise
            waiter.wait(name)
            _finished_page(aws, name, waiter)
        else:
            return str(answer["lifecyclePolicyText"])


def _finished_page(aws: Aws, name: str, waiter: Waiter) -> dict[str, Any]:
    """Wait until a preview is finished, and return the first page of its results."""
    while True:
        answer = _page(aws, name)
        if answer["status"] != "IN_PROGRESS":
            return answer
        waiter.wait(name)


def _page(aws: Aws, name: str, **token: str) -> dict[str, Any]:
    """Return a page of a preview. ``awaits``: one that was started a moment ago may not be visible yet."""
    params = {"repositoryName": name, **token}
    return aws.call("ecr", "GetLifecyclePolicyPreview", params, needs="status", awaits=(NOT_YET,))


def _results(aws: Aws, name: str, policy: Rules, waiter: Waiter) -> list[dict[str, Any]] | None:
    """Return the results of the preview of a policy; ``None`` if somebody else started another preview in between."""
    answer, results = _finished_page(aws, name, waiter), list[dict[str, Any]]()
    while answer["status"] != "IN_PROGRESS" and canonical(parse(answer["lifecyclePolicyText"])) == policy:
        if answer["status"] != "COMPLETE":
            raise PreviewError(f"the preview for {name} is {answer['status']}: start it again")
        results += answer.get("previewResults", ())
        if not answer.get("nextToken"):
            return results
        answer = _page(aws, name, nextToken=answer["nextToken"])
    return None


def _simulation(rules: Rules, results: Iterable[dict[str, Any]], images: Iterable[Image]) -> Simulation:
    """Turn the results of a preview into verdicts. Images may have been pushed or deleted while it ran."""
    items = {item["imageDigest"]: item for item in results}
    words_by_rule = {rule["rulePriority"]: words([rule]) for rule in rules}
    known = {image.digest: image for image in images}
    for digest, item in items.items():
        known.setdefault(digest, Image(digest, item.get("imageTags", ()), item["imagePushedAt"]))
    ordered = sorted(known.values(), key=lambda image: image.ordered_at)
    verdicts = [_verdict(image, items.get(image.digest), words_by_rule) for image in ordered]
    return Simulation(rules, datetime.now(UTC), verdicts, _tallies(rules, verdicts), previewed=True)


def _verdict(image: Image, item: Mapping[str, Any] | None, words_by_rule: Mapping[int, str]) -> Verdict:
    if item is None:
        return Verdict(image, Action.KEEP, None, "not in ECR's preview", Action.KEEP)
    action, priority = _ACTIONS[item["action"]["type"]], item["appliedRulePriority"]
    reason = f"ECR says: rule {priority} ({words_by_rule.get(priority, '')}) {_VERBS[action]}"
    return Verdict(image, action, priority, reason, action)


def _tallies(rules: Rules, verdicts: Sequence[Verdict]) -> list[Tally]:
    tallies = []
    for rule in rules:
        action = Action.ARCHIVE if rule["action"]["type"] == "transition" else Action.EXPIRE
        acted_on = [verdict for verdict in verdicts if verdict.rule_priority == rule["rulePriority"]]
        tallies.append(Tally(rule["rulePriority"], words([rule]), action, len(acted_on), size(acted_on)))
    return tallies
