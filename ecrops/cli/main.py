"""The entry point: arguments in, exit code out. Every error ends here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DONE
from ecrops.cli.parser import UsageError, check_given, parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The arguments, without the name of the program; those of the process without it.

    Returns:
        The exit code: ``ecrops --help`` lists what each means.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    console = Console(as_json="--json" in words)
    try:
        code = _run(words, console)
        console.close()
    except (KeyboardInterrupt, OSError) as error:  # an OSError: the result cannot be written
        from ecrops.cli.failures import report

        code = report(error, console, debug="--debug" in words)
        console.close()
    return code


def _run(words: Sequence[str], console: Console) -> int:
    """Parse the arguments, and run the command that they name."""
    try:
        top = parser()
        arguments = top.parse_args(words)
        check_given(arguments, top.format_usage().strip())
        console.log(debug=arguments.debug)
        code: int = arguments.run(arguments, console)
    except SystemExit:  # --help and --version, which have been shown
        return DONE
    except UsageError as error:
        from ecrops.cli.failures import report_usage

        return report_usage(error, console)
    except Exception as error:
        from ecrops.cli.failures import report

        return report(error, console, debug="--debug" in words)
    return code
