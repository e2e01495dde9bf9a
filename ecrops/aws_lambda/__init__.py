"""A Lambda function that makes a fleet true, and says as JSON what it made and what is left.

``handler`` makes the function that Lambda calls. It works until some seconds before the end of the invocation, and is
called again until nothing is left. Nothing here decides what AWS is asked to do: it is ``registry.ensure(*fleet)``.
"""

from typing import TYPE_CHECKING

from ecrops.base.lazy import face

if TYPE_CHECKING:
    from ecrops.aws_lambda.entry import JobError as JobError
    from ecrops.aws_lambda.entry import handler as handler

if not TYPE_CHECKING:  # type checkers see the imports above, and refuse every other name
    __all__, __getattr__, __dir__ = face(
        __name__,
        {
            "ecrops.aws_lambda.entry": ("JobError", "handler"),
        },
    )
