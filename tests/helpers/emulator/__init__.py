"""An AWS to test against: moto, plus what moto lacks or gets wrong for ECR, with faults on demand.

The emulator is our reading of botocore's service model and of AWS's guide. A test that passes against it
shows that requests are well formed, that decisions are right under that reading, and that failures are
survived. It does not prove what AWS does: nothing here has talked to AWS.
"""

from .calls import Call, Recorder
from .cloud import REGION, Client, Cloud, in_memory, over_http, running_server
from .faults import Faults
from .server import Server
from .steering import Emulator
from .verdicts import EXECUTED, FAULTS, Fault

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
