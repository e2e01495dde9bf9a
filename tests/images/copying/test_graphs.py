"""Any graph of images, copied: indexes of indexes, shared parts and layers, artifacts about any of them.

Proves that a copy is whole: the emulator refuses a manifest without its parts and layers, and every image is pulled.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecrops import RepositorySpec
from ecrops.testing import Cloud, in_memory
from support import examples, registry_of
from tests.images.copying.support import digests_of, far_of, pulled, tags_of

Node = tuple[str, list[int], str]
nodes = st.lists(
    st.tuples(
        st.sampled_from(["image", "index", "referrer"]),
        st.lists(st.integers(0, 9), max_size=3),
        st.sampled_from(["", "v1", "v2", "v3"]),
    ),
    min_size=1,
    max_size=7,
)


def push(cloud: Cloud, graph: list[Node]) -> list[str]:
    """Push a graph: each index has parts among the images before it, each artifact a subject among them."""
    digests: list[str] = []
    for kind, numbers, tag in graph:
        chosen = [digests[number % len(digests)] for number in numbers] if digests else []
        if kind == "index" and chosen:
            digests.append(cloud.push_index("app", dict.fromkeys(chosen), tag=tag or None))
        elif kind == "referrer" and chosen:
            digests.append(cloud.push_referrer("app", chosen[0], tag=tag or None))
        else:
            layers = [f"layer {number}".encode() for number in {*numbers, len(digests) + 10}]
            digests.append(cloud.push_image("app", layers=layers, tag=tag or None))
    return digests


@settings(max_examples=examples(6), deadline=None, suppress_health_check=list(HealthCheck))
@given(graph=nodes)
def test_a_copy_of_a_copy_is_the_same_and_whole(graph: list[Node]) -> None:
    with in_memory() as cloud:
        push(cloud, graph)
        here, far = registry_of(cloud), far_of(cloud)
        app, copied, again = here.repository("app"), far.repository("copy"), here.repository("again")
        app.copy_images(copied, create=RepositorySpec("copy"))
        tagged = tags_of(here, "app")
        assert tags_of(far, "copy") == tagged
        for tag in tagged:
            assert pulled(far, "copy", tag) == pulled(here, "app", tag)
        for digest in digests_of(far, "copy"):
            assert pulled(far, "copy", digest)
            referrers = {each.digest for each in app.image(digest).referrers()}
            assert {each.digest for each in copied.image(digest).referrers()} == referrers
        copied.copy_images(again, create=RepositorySpec("again"))
        assert tags_of(here, "again") == tagged
        assert digests_of(here, "again") == digests_of(far, "copy")
        cloud.calls.clear()
        assert not app.copy_images(copied)
        assert not [call for call in cloud.calls if call.is_write]
