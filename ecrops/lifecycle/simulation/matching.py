"""Which lifecycle rules select which images: by storage class, and by tags. Pure.

Called by ``decide``. All tags of an image are looked at together: each pattern of a rule must fit one of them. The
distinct tags of the images are sorted once, so that the tags with a prefix are a range of them, and each image is then
a look-up. Whether one tag fits one pattern is decided by ``base/wildcards``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from ecrops.base.wildcards import fits
from ecrops.images.image import Image
from ecrops.images.tag_patterns import Segments
from ecrops.lifecycle.simulation.compiled import CompiledRule


def fitting(segments: Segments, tags: Sequence[str]) -> Iterable[str]:
    """Return the tags that fit a pattern. Fast for many tags: most are excluded without a look at them.

    Args:
        segments: The pattern.
        tags: The tags, sorted.
    """
    prefix, *texts = segments
    start = bisect_left(tags, prefix)
    if not texts:
        return tags[start : start + 1] if tags[start : start + 1] == [prefix] else ()
    end = bisect_right(tags, prefix, lo=start, key=lambda tag: tag[: len(prefix)])
    candidates = tags[start:end] if prefix else tags
    longest = max(texts, key=len)
    if not longest:
        return candidates
    holding = [tag for tag in candidates if longest in tag]
    return holding if segments == ("", longest, "") else [tag for tag in holding if fits(tag, segments)]


class Matcher:
    """Knows for each image the rules that select it. ``learn`` comes first, with the images that are asked about."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._rules = rules
        self._patterns = list(dict.fromkeys(pattern for rule in rules for pattern in rule.patterns))
        bits = {pattern: 1 << index for index, pattern in enumerate(self._patterns)}
        self._needed = [sum(bits[pattern] for pattern in dict.fromkeys(rule.patterns)) for rule in rules]
        self._bits_of_tag: dict[str, int] = {}
        self._selecting: dict[tuple[int, bool, str], tuple[int, ...]] = {}

    def learn(self, images: Iterable[Image]) -> None:
        """Match the tags of these images with all patterns: each tag gets a bit for each pattern that it fits.

        What was learnt before is forgotten.
        """
        tags = sorted({tag for image in images for tag in image.tags})
        copies = "\0".join(tags).split("\0")
        if len(copies) == len(tags):
            tags = copies  # they are adjacent in memory: reading many of them is then 3 times as fast
        self._bits_of_tag = dict.fromkeys(tags, 0)
        for index, pattern in enumerate(self._patterns):
            bit = 1 << index
            for tag in fitting(pattern, tags):
                self._bits_of_tag[tag] |= bit

    def rules_selecting(self, image: Image) -> tuple[int, ...]:
        """Return the indexes of the rules that select an image, in order."""
        bits = 0
        for tag in image.tags:
            bits |= self._bits_of_tag[tag]
        key = bits, bool(image.tags), image.storage_class
        if key not in self._selecting:
            self._selecting[key] = tuple(self._select(*key))
        return self._selecting[key]

    def _select(self, bits: int, tagged: bool, storage: str) -> Iterable[int]:
        for index, rule in enumerate(self._rules):
            status = rule.status == "any" or (rule.status == "tagged") == tagged
            if rule.storage == storage and status and bits & self._needed[index] == self._needed[index]:
                yield index
