"""Lists that are checked for what is there twice: the steps grow with the list, and not with its square."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ecrops import CatalogData, SpecError
from ecrops.registry_settings import RegistrySpec, SigningRule

LENGTH = 300
PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/"


class Text(str):
    """A text that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Text.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


LISTS: dict[str, Callable[[Sequence[Text]], object]] = {
    "architectures": lambda texts: CatalogData(architectures=texts),
    "signing": lambda texts: RegistrySpec(signing=[SigningRule(Text(PROFILE + text)) for text in texts]),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_checked_in_steps_that_grow_with_it(name: str) -> None:
    Text.compared = 0
    texts = [Text(f"p{number}") for number in range(LENGTH)]
    with pytest.raises(SpecError):
        LISTS[name]([*texts, Text("p1")])
    assert Text.compared < 20 * LENGTH
