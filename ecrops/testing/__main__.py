"""The command ``python -m ecrops.testing``: an emulated AWS on 127.0.0.1, for a command or until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ecrops.testing.isolation import REGION, environment, without_aws

if TYPE_CHECKING:
    from ecrops.testing import Server

DESCRIPTION = """\
Serve an emulated AWS on 127.0.0.1: ECR, and what ecrops calls beside it. It is
empty, or has the example, and it forgets everything when it ends. With a
COMMAND, run that with the variables that point boto3 at it, and return its
exit code. Without one, print the variables, and stay until Ctrl-C."""
EPILOG = """\
example: python -m ecrops.testing --example python -i
It is moto, made stricter by AWS's documents. What works here is well formed;
it is not proved to work on AWS, which nothing here has talked to."""
RIVALS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""What would win over the printed variables."""
NOT_FOUND = 127
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, *, begin: str = "", end: str = "") -> int:
    """Serve, and return the exit code of the command.

    Args:
        arguments: What follows ``python -m ecrops.testing``; ``None``: those of this process.
        begin: What is said on stderr before the command begins.
        end: What is said on stderr when it has ended.
    """
    options = _parser().parse_args(arguments)
    try:
        from ecrops.testing import running_server
    except ModuleNotFoundError as error:
        return _fail(str(error))
    try:
        with running_server(options.port) as server:
            _say(begin)
            code = _run(server, options.command, example=options.example)
            _say(end)
            return code
    except OSError as error:
        return _fail(f"port {options.port} of 127.0.0.1 cannot be used: {error.strerror}")
    except KeyboardInterrupt:
        return INTERRUPTED if options.command else 0


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m ecrops.testing", None, DESCRIPTION, EPILOG, formatter_class=raw)
    parser.add_argument("--port", type=_port, default=0, help="the port; without it, a free one")
    parser.add_argument("--example", action="store_true", help="begin with a dozen repositories and their images")
    parser.add_argument("command", metavar="COMMAND ...", nargs=argparse.REMAINDER, help="a program and its arguments")
    return parser


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return port


def _run(server: Server, command: Sequence[str], *, example: bool) -> int:
    from ecrops.testing import over_http, seed_example

    with over_http(server) as cloud:
        if example:
            seed_example(cloud)
        if not command:
            return _stay(server, cloud.account)
        program = command[1:] if command[0] == "--" else command
        return _called(program, {**without_aws(os.environ), **environment(server)})


def _called(command: Sequence[str], variables: dict[str, str]) -> int:
    """Run a command to its end. Ctrl-C reaches it too: it decides what comes of that."""
    try:
        process = subprocess.Popen(command, env=variables)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            continue
        return code if code >= 0 else 128 - code


def _stay(server: Server, account: str) -> int:
    print(f"# an emulated AWS at {server.url}, account {account}, region {REGION}")
    print("# it forgets everything when it ends: press Ctrl-C. In another shell:")
    print("unset", *RIVALS)
    for name, value in environment(server).items():
        print(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()
    server.join()
    return 0


def _say(text: str) -> None:
    if text:
        print(text, file=sys.stderr, flush=True)


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
