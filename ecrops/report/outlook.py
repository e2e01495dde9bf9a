"""From the images of a repository to what a report says of them. Pure.

Called by ``reading``, once for each repository. The images are forgotten afterwards: a registry may have millions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from ecrops.errors import SpecError
from ecrops.images.image import Image
from ecrops.images.usage.values import Protected
from ecrops.inventory.counting import count
from ecrops.lifecycle.linting.findings import Finding
from ecrops.lifecycle.linting.lint import lint
from ecrops.lifecycle.policy.document import Rules
from ecrops.lifecycle.simulation.compiled import Action
from ecrops.lifecycle.simulation.simulate import evaluate
from ecrops.lifecycle.simulation.verdicts import Verdict
from ecrops.report.values import Example, Outlook

MAX_EXAMPLES = 10
"""How many of the images that would go a report names, for each repository."""


def outlook(
    rules: Rules,
    images: Iterable[Image],
    now: datetime,
    days: int,
    in_use: Protected | None = None,
    place: tuple[str | None, str | None] = (None, None),
) -> tuple[Outlook, tuple[Finding, ...], str]:
    """Return what rules do to images, what these images show about the rules, and why the rules were not simulated.

    Rules that ecrops does not understand are not simulated: then the outlook is that of a repository without rules.

    Args:
        rules: The lifecycle rules, in ECR's JSON form.
        images: All images of the repository.
        now: The moment of the evaluation.
        days: How many days to forecast.
        in_use: What runs; ``None`` if that is not asked.
        place: The name of the repository and the host of its registry, as far as they are known.
    """
    listed, problem = list(images), ""
    never = () if in_use is None else in_use
    try:
        simulation = evaluate(rules, listed, now, never=never, place=place)
    except SpecError as error:
        simulation, problem = evaluate([], listed, now, never=never, place=place), str(error)
    staying = simulation.staying
    used = None if in_use is None else {*staying.running, *staying.protected}
    affected = (verdict for verdict in simulation.verdicts if verdict.action is not Action.KEEP)
    seen = Outlook(
        expired=len(simulation.expired),
        expired_bytes=simulation.bytes_freed,
        archived=len(simulation.archived),
        summary=simulation.summary,
        tallies=tuple(simulation.tallies),
        examples=tuple(map(_example, islice(affected, MAX_EXAMPLES))),
        forecast=simulation.forecast(days),
        counts=count(listed, now, in_use=used),
        running=len({verdict.image.digest for verdict in (*simulation.running, *simulation.protected)}),
    )
    return seen, simulation.warnings, problem


def findings(rules: Rules) -> tuple[Finding, ...]:
    """Return the findings about rules that need no images. Rules that ecrops does not understand have none.

    Args:
        rules: The lifecycle rules, in ECR's JSON form.
    """
    try:
        return tuple(lint(rules))
    except SpecError:
        return ()


def merged(seen: Sequence[Finding], general: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return all findings about rules; what images show of a rule stands for the same finding without images.

    Args:
        seen: The findings that the images of the repository show.
        general: The findings that need no images.
    """
    known = {(finding.code, finding.rule_priority) for finding in seen}
    return (*seen, *(finding for finding in general if (finding.code, finding.rule_priority) not in known))


def _example(verdict: Verdict) -> Example:
    image = verdict.image
    return Example(image.name, f"{image.pushed_at:%Y-%m-%d}", image.size, str(verdict.action), verdict.reason)
