"""One run of the tests of events for each judge.

ministack runs wherever it is installed (``scripts/test``), LocalStack where ``ECROPS_LOCALSTACK`` names it
(``scripts/judges/localstack``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecrops import Registry
from ecrops.testing import Cloud
from tests.access import ministack

from . import localstack
from .differences import found
from .judges import EmulatorJudge, Judge
from .sessions import JudgeSession

SERVICES = "ecr,iam,sts,events,sqs,sns,logs,lambda,states,kinesis"
JUDGES = [pytest.param("emulator"), pytest.param("ministack", marks=ministack.needs_ministack)]
if localstack.PYTHON:
    JUDGES.append(pytest.param("localstack"))


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where a judge may write."""
    return tmp_path_factory.mktemp


@pytest.fixture(scope="session")
def ministack_session(nothing_real: None, homes: Callable[[str], Path]) -> Iterator[JudgeSession]:
    """A session with a ministack that lets everybody do everything."""
    with ministack.running(homes("ministack"), SERVICES, asks_iam=False) as url:
        yield JudgeSession(url)


@pytest.fixture(scope="session")
def localstack_session(nothing_real: None, homes: Callable[[str], Path]) -> Iterator[JudgeSession]:
    """A session with LocalStack."""
    with localstack.running(homes("localstack")) as url:
        yield JudgeSession(url)


@pytest.fixture(params=JUDGES)
def judge(request: pytest.FixtureRequest, tmp_path: Path) -> Judge:
    """A judge, and an empty account of it."""
    differs = _differs(request)
    if request.param == "emulator":
        cloud: Cloud = request.getfixturevalue("memory_cloud")
        return EmulatorJudge(cloud)
    session: JudgeSession = request.getfixturevalue(f"{request.param}_session")
    judge = Judge(request.param, session, session.move(), tmp_path)
    judge.patience = 0.3 if differs else judge.patience
    return judge


@pytest.fixture
def registry(judge: Judge) -> Registry:
    """A registry of the judge's account."""
    return judge.registry()


def _differs(request: pytest.FixtureRequest) -> bool:
    """Whether a judge does otherwise than AWS here. The test has to fail then: if it passes, the difference is gone."""
    case = request.node.callspec.id.removeprefix(request.param).removeprefix("-")
    case = case.encode("ascii").decode("unicode_escape")  # as it was before pytest escaped it
    difference = found(request.param, request.node.originalname, case)
    if difference is None:
        return False
    if not difference.tried:
        pytest.xfail(f"{request.param}: not tried: {difference.reason}")
    request.applymarker(pytest.mark.xfail(strict=True, reason=f"{request.param}: {difference.reason}"))
    return True
