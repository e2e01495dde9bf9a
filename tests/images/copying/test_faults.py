"""Every fault at the calls of a copy: it succeeds or it raises, and running again ends as a run without faults."""

from __future__ import annotations

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ecrops import EcropsError, Registry
from ecrops.testing import FAULTS, Cloud, Fault, in_memory
from support import AT_ONCE, sampled
from tests.images.copying.support import FAR, platforms, pulled, registries

STEP = sampled(23)


def prepared(cloud: Cloud) -> tuple[Registry, Registry]:
    index, _ = platforms(cloud)
    cloud.push_referrer("app", index, content=b"signature")
    registries(cloud)
    source, target = cloud.session(), cloud.session(FAR)
    cloud.calls.clear()
    return Registry(source, workers=1, retry=AT_ONCE), Registry(target, workers=1, retry=AT_ONCE)


def contents(registry: Registry, name: str) -> dict[str, bytes]:
    return pulled(registry, name, "v1")


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_fault_of_any_call_the_next_copy_is_whole(fault: Fault) -> None:
    with in_memory() as cloud:
        here, far = prepared(cloud)
        here.repository("app").copy_images(far.repository("copy"))
        calls = cloud.calls.operations()
    for number in range(FAULTS.index(fault) % STEP, len(calls), STEP):
        with in_memory() as cloud:
            here, far = prepared(cloud)
            cloud.faults.at(number + 1, fault)
            outcome: Exception | None = None
            try:
                here.repository("app").copy_images(far.repository("copy"))
            except (ClientError, BotoCoreError, ResponseParserError, EcropsError, ExceptionGroup) as error:
                outcome = error
            assert cloud.faults.hits, (number, calls)
            if fault != "denied":
                assert outcome is None, (number, calls[number], outcome)
            cloud.faults.clear()
            here.repository("app").copy_images(far.repository("copy"))
            assert contents(far, "copy") == contents(here, "app"), (number, calls[number])
            assert len(list(far.repository("copy").images())) == 4, (number, calls[number])
            assert not here.repository("app").copy_images(far.repository("copy"))
