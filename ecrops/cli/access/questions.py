"""What a question about access is made of, from arguments: who, what is known of the request, which repositories.

Called by the commands about access. It judges nothing: what is no principal, the library refuses.
"""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ecrops.cli.failures import CommandError

if TYPE_CHECKING:
    from ecrops.cli.console import Console
    from ecrops.repositories.prefixes import Prefix


def principal_of(text: str) -> Any:
    """Return a principal as the library takes it: a name has its kind before it."""
    from ecrops.access.principals.identities import Group, Role, User

    kind, _, name = text.partition("/")
    classes = {"user": User, "role": Role, "group": Group}
    return classes[kind](name) if kind in classes else text


def context_of(arguments: Namespace) -> dict[str, list[str] | None]:
    """Return what is known of a request, by key.

    Raises:
        CommandError: A text has no ``=`` in it, or a key has a value and none.
    """
    context: dict[str, Any] = {}
    for text in arguments.context:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise CommandError(f"--context: expected KEY=VALUE, such as aws:SourceIp=192.0.2.1, got {text!r}")
        context.setdefault(key, []).append(value)
    for key in arguments.without:
        if key in context:
            raise CommandError(f"{key}: --context says that the request has it, and --without that it has not")
        context[key] = None
    return context


def check_one(name: str) -> None:
    """Refuse the beginning of names where one repository is meant.

    Raises:
        CommandError: It is one.
    """
    if name.endswith("*"):
        raise CommandError(
            f"can is about one repository, got {name!r}: ecrops access --can VERB {name!r} is about many"
        )


def check_named(name: str) -> None:
    """Refuse a message in the place of the name of a repository.

    Raises:
        CommandError: It is one.
    """
    if any(letter.isspace() for letter in name):
        raise CommandError("the repository comes before the message: ecrops explain-denied NAME 'the message'")


def message_of(arguments: Namespace, console: Console) -> str:
    """Return the message that denies access: the arguments, or what comes from stdin."""
    from ecrops.cli.fleet_files import STDIN, stdin_bytes

    if arguments.text and arguments.text != [STDIN]:
        return " ".join(arguments.text)
    if console.can_ask():
        console.say("paste the message, and end with Ctrl-D:")
    return stdin_bytes().decode(errors="replace")  # a log has whatever programs wrote into it


def selection_of(arguments: Namespace) -> list[str | Prefix]:
    """Return names and prefixes as the library takes them; nothing for all.

    Raises:
        CommandError: Nothing is named, or both names and ``--all``.
    """
    from ecrops.repositories.prefixes import prefix

    if bool(arguments.names) == arguments.all:
        raise CommandError("say which repositories: names, beginnings of names such as 'team/*', or --all")
    for name in arguments.names:
        if name == "*" or "*" in name[:-1]:
            raise CommandError(f"expected a name, a beginning of names such as 'team/*', or --all, got {name!r}")
    return [prefix(name[:-1]) if name.endswith("*") else name for name in arguments.names]
