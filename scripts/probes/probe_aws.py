"""Ask a real account the facts that the emulator takes for granted, and print both answers: ``scripts/probe-aws``."""

from __future__ import annotations

import argparse
import sys
import uuid
from collections.abc import Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import identity_probes
import image_probes
import making_probes
import reading_probes
import refused_probes
from probing import Answer, Asked, Probe, answer, verdict

PROBES: list[Probe] = [
    *reading_probes.PROBES,
    *refused_probes.PROBES,
    *making_probes.PROBES,
    *image_probes.PROBES,
    *identity_probes.PROBES,
]


def main(arguments: Sequence[str] | None = None, session: Any = None, emulated: Any = None) -> int:
    """Ask, and print.

    Args:
        arguments: Those of the command line.
        session: A session for AWS; by default that of the environment.
        emulated: A session for the emulator; by default one of an emulator that is started.

    Returns:
        0 if all was answered alike, 1 if not, 2 if nothing was asked.
    """
    options = _parser().parse_args(arguments)
    probes = [probe for probe in PROBES if probe.name in options.only] if options.only else PROBES
    if unknown := set(options.only) - {probe.name for probe in PROBES}:
        print(f"there is no probe {', '.join(sorted(unknown))}; --list names them", file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(f"{probe.name}: {probe.fact}{_writes(probe)}" for probe in probes))
        return 0
    probes = [probe for probe in probes if options.write or not probe.writes]
    session = session or boto3.Session(profile_name=options.profile, region_name=options.region)
    if not probes or not _is_agreed(session, probes, options.yes):
        print("nothing was asked" + ("" if probes else ": these probes write, and need --write"), file=sys.stderr)
        return 2
    if emulated is not None:
        return _ask(session, emulated, probes)
    from ecrops.testing import running_server

    with running_server() as server:
        return _ask(session, server.sessions.own(session.region_name, None, observed=False), probes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/probe-aws", description=main.__doc__)
    parser.add_argument("only", nargs="*", metavar="PROBE", help="the probes to ask; all by default")
    parser.add_argument("--list", action="store_true", help="name the probes, and ask nothing")
    parser.add_argument("--write", action="store_true", help="also those that write; what they make is removed")
    parser.add_argument("--yes", action="store_true", help="do not ask before the first call")
    parser.add_argument("--profile", help="a profile of the configuration of the AWS CLI")
    parser.add_argument("--region", help="a region; by default that of the profile")
    return parser


def _writes(probe: Probe) -> str:
    return f" ({probe.writes}: --write)" if probe.writes else ""


def _is_agreed(session: Any, probes: Sequence[Probe], yes: bool) -> bool:
    """Whether the user has agreed: nothing is called before."""
    credentials = session.get_credentials()
    if credentials is None or session.region_name is None:
        print("there are no credentials, or no region: give --profile and --region", file=sys.stderr)
        return False
    writing = [probe for probe in probes if probe.writes]
    print(f"in {session.region_name}, with the key {credentials.access_key}: {len(probes)} facts to ask for")
    print(f"{len(writing)} of them take a write, and what is made is removed:" if writing else "all of them only read")
    print("".join(f"  {probe.name}: {probe.writes}\n" for probe in writing), end="")
    if yes:
        return True
    if not sys.stdin.isatty():
        print("say --yes where nobody can be asked", file=sys.stderr)
        return False
    return input("Go on? [y/N] ").strip().lower() == "y"


def _ask(session: Any, emulated: Any, probes: Sequence[Probe]) -> int:
    token = uuid.uuid4().hex[:8]
    try:
        aws, emulator = Asked(session, token), Asked(emulated, token)
    except (ClientError, BotoCoreError) as error:
        print(f"nothing was asked: {error}", file=sys.stderr)
        return 2
    print(f"account {aws.account}, region {aws.region}, names {aws.name()}...")
    verdicts = [_compare(probe, answer(probe, aws), answer(probe, emulator)) for probe in probes]
    for each in dict.fromkeys(verdicts):
        print(f"{verdicts.count(each)} {each}")
    return 0 if set(verdicts) <= {"same"} else 1


def _compare(probe: Probe, aws: Answer, emulator: Answer) -> str:
    """Print both answers to a probe, and return how they compare."""
    said = verdict(aws, emulator)
    print(f"\n{probe.name}: {probe.fact}\n  {said}")
    for who, each in (("AWS", aws), ("emulator", emulator)):
        print(f"  {who + ':':9} {each.text or f'no answer: {each.why_not}'}")
    for mark in probe.marks:
        print(f"  mark:     ecrops/testing/emulator/{mark}")
    for left in aws.left:
        print(f"  LEFT BEHIND in the account, remove it by hand: {left}")
    return "LEFT BEHIND" if aws.left else said


if __name__ == "__main__":
    sys.exit(main())
