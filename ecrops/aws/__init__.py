"""The only package that imports boto3, botocore and tenacity: clients, calls, retries, ARNs.

Called by everything above it. Nothing in it knows what a repository is.
"""

from botocore.exceptions import ClientError

from ecrops.aws.arn import Arn
from ecrops.aws.classes import DENIED, LOST, code_of, detail_of, is_momentary
from ecrops.aws.client import Aws
from ecrops.aws.pages import Pages
from ecrops.aws.retry import RetryPolicy
from ecrops.aws.shapes import misfit, operations_of, takes

__all__ = [
    "DENIED",
    "LOST",
    "Arn",
    "Aws",
    "ClientError",
    "Pages",
    "RetryPolicy",
    "code_of",
    "detail_of",
    "is_momentary",
    "misfit",
    "operations_of",
    "takes",
]
