"""``can``, ``lint-access`` and ``explain-denied``: who may do what with repositories, and why not. They only read."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DEPENDS, DIFFERS, DONE, ERROR
from ecrops.cli.parser import add_name

UNREAD = "unread"
"""The code of a finding that something could not be read."""

if TYPE_CHECKING:
    from ecrops.cli.console import Shown
    from ecrops.cli.parser import Commands


def add(commands: Commands) -> None:
    """Add the commands."""
    _add_can(commands)
    _add_lint(commands)
    command = commands.add(
        "explain-denied",
        explain_denied,
        short="explain a message that denies access to a repository",
        long=(
            "It reads who was denied what in the message, and answers as can does, with the reason that AWS named. The "
            "message may have a log around it. Without TEXT it comes from stdin."
        ),
        examples=(
            "kubectl describe pod web | ecrops explain-denied team/api",
            "ecrops explain-denied team/api < pull.log",
            "ecrops explain-denied team/api 'User: arn:aws:… is not authorized to perform: ecr:… on resource: …'",
        ),
    )
    add_name(command)
    command.add_argument("text", nargs="*", metavar="TEXT", help="the message, in quotes; - or nothing is stdin")


def _add_can(commands: Commands) -> None:
    command = commands.add(
        "can",
        can,
        short="say whether somebody can pull from a repository, or do something else, and why",
        long=(
            "By every policy that decides. WHO is role/NAME, user/NAME or group/NAME, an ARN, also of a session, an "
            "account of 12 digits, a service such as lambda.amazonaws.com, or '*' for everyone. It ends with 0 for a "
            "certain yes, with 2 for no, and with 5 if it depends on what is not known."
        ),
        examples=(
            "ecrops can role/nodes pull team/api",
            "ecrops can --check user/ci push team/api || exit 1",
            "ecrops can --context aws:SourceVpce=vpce-0a1b2c3d role/nodes pull team/api",
            "ecrops can --who-profile prod arn:aws:iam::111122223333:role/nodes pull team/api",
            "ecrops can --json lambda.amazonaws.com pull team/api | jq '.missing[].statement'",
        ),
    )
    command.add_argument("who", metavar="WHO", help="role/NAME, user/NAME, group/NAME, an ARN, an account or a service")
    command.add_argument(
        "what",
        metavar="VERB",
        help=(
            "pull, push, pull_push, read, pull_through_cache, scan_findings, delete_images, lifecycle, "
            "change_policies, or an action such as ecr:ListImages"
        ),
    )
    add_name(command)
    command.add_argument(
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="what is known of the request, by a key of conditions; one KEY several times has several values",
    )
    command.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="KEY",
        help="a key of conditions that the request is known not to have",
    )
    command.add_argument(
        "--check", action="store_true", help="ask IAM's own simulator too, and end with 5 if it says otherwise"
    )
    command.add_argument(
        "--who-profile", metavar="NAME", help="the profile of the account of WHO, if it is another one"
    )


def _add_lint(commands: Commands) -> None:
    command = commands.add(
        "lint-access",
        lint_access,
        short="show what an auditor asks about the policies of repositories",
        long=(
            "Everyone, other accounts, deleted principals, grants that a denial makes void, and more. It needs the "
            "names of repositories, beginnings of names such as 'team/*', or --all. --strict ends with 1 for a finding."
        ),
        examples=(
            "ecrops lint-access --all",
            "ecrops lint-access --strict --account 111122223333 --account o-a1b2c3d4e5 'prod/*'",
            "ecrops lint-access --ignore own-account --json --all | jq '.findings[] | select(.severity == \"high\")'",
        ),
    )
    _add_selection(command)
    command.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="ID",
        help="another account, or an organization, that may use the repositories",
    )
    command.add_argument(
        "--ignore", action="append", default=[], metavar="CODE", help="leave this kind of finding out, such as everyone"
    )
    command.add_argument("--strict", action="store_true", help="end with 1 if there is a finding")


def _add_selection(command: Any) -> None:
    command.add_argument("names", nargs="*", metavar="NAME", help="names of repositories, or beginnings such as team/*")
    command.add_argument("--all", action="store_true", help="all repositories of the registry")


def can(arguments: Namespace, console: Console) -> int:
    """Say whether somebody can do something."""
    from ecrops.cli.account import reading, session_of

    context, who = _context(arguments), _who(arguments.who)
    theirs = Namespace(profile=arguments.who_profile, region=arguments.region)
    session = None if arguments.who_profile is None else session_of(theirs)
    with reading(arguments) as registry:
        repository = registry.repository(arguments.name)
        answer = repository.can(who, arguments.what, context=context, session=session)
        if arguments.check and not console.as_json:
            _show(answer, console)  # also if the simulator cannot be asked
        check = repository.check_access(who, arguments.what) if arguments.check else None
    if check is None:
        _show(answer, console)
    elif console.as_json:
        console.data(answer.to_dict() | {"check": check.to_dict()})
    else:
        _show(check, console)
    if answer.allowed is None or (check is not None and not check):
        return DEPENDS
    return DONE if answer else DIFFERS


def explain_denied(arguments: Namespace, console: Console) -> int:
    """Explain a message."""
    from ecrops.cli.account import reading

    text = _message(arguments, console)
    with reading(arguments) as registry:
        answer = registry.repository(arguments.name).explain_denied(text)
    _show(answer, console)
    return DONE


def lint_access(arguments: Namespace, console: Console) -> int:
    """Show findings."""
    from ecrops.cli.account import reading
    from ecrops.cli.words import of_the_command

    names = _selection(arguments)
    with reading(arguments) as registry:
        findings = registry.lint_access(*names, accounts=arguments.account, ignore=arguments.ignore)
    if console.as_json:
        console.data({"findings": [finding.to_dict() for finding in findings]})
    elif findings:
        console.text(of_the_command(str(findings)))
    else:
        console.say("no findings")
    unread = any(finding.code == UNREAD and finding.repository in arguments.names for finding in findings)
    return ERROR if unread or (findings and arguments.strict) else DONE


def _who(text: str) -> Any:
    """Return a principal as the library takes it: a name has its kind before it."""
    from ecrops.access.principals.identities import Group, Role, User

    kind, _, name = text.partition("/")
    classes = {"user": User, "role": Role, "group": Group}
    return classes[kind](name) if kind in classes else text


def _context(arguments: Namespace) -> dict[str, list[str] | None]:
    """Return what is known of a request, by key.

    Raises:
        CommandError: A text has no ``=`` in it, or a key has a value and none.
    """
    from ecrops.cli.failures import CommandError

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


def _message(arguments: Namespace, console: Console) -> str:
    from ecrops.cli.fleet_files import STDIN, decoded_stdin

    if arguments.text and arguments.text != [STDIN]:
        return " ".join(arguments.text)
    if console.can_ask():
        console.say("paste the message, and end with Ctrl-D:")
    return decoded_stdin()


def _selection(arguments: Namespace) -> list[Any]:
    """Return names and prefixes as the library takes them; nothing for all.

    Raises:
        CommandError: Nothing is named, or both names and ``--all``.
    """
    from ecrops.cli.failures import CommandError
    from ecrops.repositories.prefixes import prefix

    if bool(arguments.names) == arguments.all:
        raise CommandError("say which repositories: names, beginnings of names such as 'team/*', or --all")
    for name in arguments.names:
        if name == "*" or "*" in name[:-1]:
            raise CommandError(f"expected a name, a beginning of names such as 'team/*', or --all, got {name!r}")
    return [prefix(name[:-1]) if name.endswith("*") else name for name in arguments.names]


def _show(value: Shown, console: Console) -> None:
    from ecrops.cli.words import of_the_command

    if console.as_json:
        console.data(value.to_dict())
    else:
        console.text(of_the_command(str(value)))
