"""An AWS to test against: in this process, or over HTTP on 127.0.0.1.

It needs ``pip install 'ecrops[testing]'``. It has what ecrops calls: ECR, the public registry, IAM, EventBridge, SQS,
SNS, Lambda, CloudWatch Logs, KMS, Secrets Manager and STS. Requests are checked as AWS documents them.

What it does not prove: it is moto, made stricter by what botocore's models and AWS's guides say. Nothing in it has
talked to AWS. A test that passes shows that requests are well formed, that decisions are right by that reading, and
that failures are survived. It does not show what AWS does.

Example:
    >>> from ecrops import Registry, RepositorySpec
    >>> from ecrops.testing import AT_ONCE, in_memory
    >>> with in_memory() as cloud:
    ...     plan = Registry(cloud.session(), retry=AT_ONCE).ensure(RepositorySpec("team/api"))
    ...     cloud.calls.writes()
    ['CreateRepository']
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.testing.emulator.calls import Call as Call
    from ecrops.testing.emulator.calls import Recorder as Recorder
    from ecrops.testing.emulator.cloud import REGION as REGION
    from ecrops.testing.emulator.cloud import Client as Client
    from ecrops.testing.emulator.cloud import Cloud as Cloud
    from ecrops.testing.emulator.cloud import in_memory as in_memory
    from ecrops.testing.emulator.cloud import over_http as over_http
    from ecrops.testing.emulator.cloud import running_server as running_server
    from ecrops.testing.emulator.faults import Faults as Faults
    from ecrops.testing.emulator.seeding import SeededImage as SeededImage
    from ecrops.testing.emulator.server import Server as Server
    from ecrops.testing.emulator.steering import Emulator as Emulator
    from ecrops.testing.emulator.verdicts import EXECUTED as EXECUTED
    from ecrops.testing.emulator.verdicts import FAULTS as FAULTS
    from ecrops.testing.emulator.verdicts import Fault as Fault
    from ecrops.testing.example import seed_example as seed_example
    from ecrops.testing.isolation import as_default_session as as_default_session
    from ecrops.testing.isolation import environment as environment
    from ecrops.testing.waiting import AT_ONCE as AT_ONCE

if not TYPE_CHECKING:  # moto is imported with the first name that needs it
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.testing.emulator.calls": ("Call", "Recorder"),
            "ecrops.testing.emulator.cloud": (
                "REGION",
                "Client",
                "Cloud",
                "in_memory",
                "over_http",
                "running_server",
            ),
            "ecrops.testing.emulator.faults": ("Faults",),
            "ecrops.testing.emulator.seeding": ("SeededImage",),
            "ecrops.testing.emulator.server": ("Server",),
            "ecrops.testing.emulator.steering": ("Emulator",),
            "ecrops.testing.emulator.verdicts": ("EXECUTED", "FAULTS", "Fault"),
            "ecrops.testing.example": ("seed_example",),
            "ecrops.testing.isolation": ("as_default_session", "environment"),
            "ecrops.testing.waiting": ("AT_ONCE",),
        },
    )
