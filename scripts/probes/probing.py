"""What a probe is: one fact about AWS that no document says, and the calls that ask for it.

A probe answers with a text. It is asked of AWS and of the emulator, and the two answers are compared. Each probe has
the marks of the comments in the emulator that it is about: ``file: words of the line``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

TAKEN = "taken"
Ask = Callable[["Asked"], str]


class Skip(Exception):
    """A probe that is not for this account, with the reason."""


class Probe(NamedTuple):
    """A fact that is asked for.

    Args:
        name: A word for the command line.
        fact: What the emulator does, in words.
        marks: The comments that it is about.
        ask: Makes the calls, and returns what came of them.
        writes: What it makes and removes, or sends though it is expected to be refused; empty if it only reads.
    """

    name: str
    fact: str
    marks: Sequence[str]
    ask: Ask
    writes: str = ""


class Asked:
    """Whoever is asked: AWS, or the emulator.

    Args:
        session: A session of boto3.
        token: A part of the names of all that is made, so that nothing else has these names.
    """

    def __init__(self, session: Any, token: str) -> None:
        self._session = session
        self._token = token
        self._undo: list[Callable[[], object]] = []
        self.region: str = session.region_name
        self.account: str = self.client("sts").get_caller_identity()["Account"]
        self.ecr = self.client("ecr")

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of a service, in the region of the session or in another one."""
        return self._session.client(service, region_name=region or self.region)

    def name(self, suffix: str = "") -> str:
        """A name that nothing else has."""
        return f"ecrops-probe-{self._token}{suffix}"

    def later(self, undo: Callable[[], object]) -> None:
        """Undo something when the probe has ended. What is not there is no error."""
        self._undo.append(undo)

    def clean(self) -> list[str]:
        """Undo all, the latest first; what could not be undone, in words."""
        left = []
        while self._undo:
            try:
                self._undo.pop()()
            except ClientError as error:
                if not str(error.response["Error"]["Code"]).endswith(("NotFoundException", "NotFound")):
                    left.append(self.plain(str(error)))
            except BotoCoreError as error:
                left.append(str(error))
        return left

    def plain(self, text: str) -> str:
        """A text without what differs from account to account."""
        words = {self.account: "ACCOUNT", self.region: "REGION", self._token: "TOKEN"}
        for word, stands_for in words.items():
            text = text.replace(word, stands_for)
        return text

    def refusal(self, call: Callable[[], object]) -> str:
        """The code and the words with which a call is refused."""
        try:
            call()
        except ClientError as error:
            return self.plain(f"{error.response['Error']['Code']}: {error.response['Error']['Message']}")
        return TAKEN


class Answer(NamedTuple):
    """What came of a probe.

    Args:
        text: The answer; empty if there is none.
        why_not: Why there is none.
        left: What could not be removed.
    """

    text: str
    why_not: str = ""
    left: Sequence[str] = ()


def answer(probe: Probe, asked: Asked) -> Answer:
    """Ask for a fact, and remove what was made."""
    text, why_not = "", ""
    try:
        text = probe.ask(asked)
    except Skip as skip:
        why_not = str(skip)
    except (ClientError, BotoCoreError) as error:
        why_not = asked.plain(str(error))
    except BaseException:  # Ctrl-C: what was made goes all the same
        for left in asked.clean():
            print(f"LEFT BEHIND in the account, remove it by hand: {left}", file=sys.stderr)
        raise
    return Answer(text, why_not, asked.clean())


def verdict(aws: Answer, emulator: Answer) -> str:
    """How two answers compare, in a word or two."""
    if not aws.text or not emulator.text:
        return "NOT ANSWERED"
    if aws.text == emulator.text:
        return "same"
    is_error = TAKEN not in (aws.text, emulator.text) and ": " in aws.text
    same_code = aws.text.partition(": ")[0] == emulator.text.partition(": ")[0]
    return "same code, other words" if is_error and same_code else "DIFFERENT"
