"""Which images the functions of Lambda are made of: every version counts, since an alias may point to each.

Called by ``reading``. It only reads.

https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ecrops.aws import Aws, ClientError, code_of
from ecrops.images.usage.mentions import Mention

LATEST = "$LATEST"


def read(aws: Aws) -> Iterator[Mention]:
    """Yield the image of each version of each function that is made of one, in one account and region."""
    asking = aws.stoppable()
    asking.client("lambda")
    versions = [
        (function["FunctionName"], function.get("Version", LATEST))
        for page in asking.pages("lambda", "ListFunctions", "Functions", FunctionVersion="ALL")
        for function in page
        if function.get("PackageType") == "Image"
    ]
    for image in asking.map(partial(_version, asking), versions, asking.stop):
        yield from image


def _version(aws: Aws, version: tuple[str, str]) -> list[Mention]:
    """Return the image of a version: by its digest, and by its tag if Lambda says no digest."""
    name, qualifier = version
    try:
        code = aws.get("lambda", "GetFunction", "Code", FunctionName=name, Qualifier=qualifier)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":  # it was deleted after it was listed
            return []
        raise
    reason = f"Lambda function {name}" + ("" if qualifier == LATEST else f":{qualifier}")
    image = code.get("ResolvedImageUri") or code.get("ImageUri")
    return [Mention(image, reason)] if image else []
