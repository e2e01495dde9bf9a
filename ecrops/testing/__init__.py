"""An AWS to test against, in memory or over HTTP on 127.0.0.1.

The emulator is our reading of botocore's service model and of AWS's guide. A test that passes against it
shows that requests are well formed, that decisions are right under that reading, and that failures are
survived. It does not prove what AWS does: nothing here has talked to AWS.
"""

from ecrops.testing.emulator.calls import Call, Recorder
from ecrops.testing.emulator.cloud import REGION, Client, Cloud, in_memory, over_http, running_server
from ecrops.testing.emulator.faults import Faults
from ecrops.testing.emulator.server import Server
from ecrops.testing.emulator.steering import Emulator
from ecrops.testing.emulator.verdicts import EXECUTED, FAULTS, Fault

__all__ = [
    "EXECUTED",
    "FAULTS",
    "REGION",
    "Call",
    "Client",
    "Cloud",
    "Emulator",
    "Fault",
    "Faults",
    "Recorder",
    "Server",
    "in_memory",
    "over_http",
    "running_server",
]
