"""``access``, ``can``, ``lint-access`` and ``explain-denied``: who may do what with repositories. They only read."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.access.questions import (
    check_named,
    check_one,
    context_of,
    message_of,
    principal_of,
    selection_of,
)
from ecrops.cli.access.showing import show, show_who
from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DEPENDS, DIFFERS, DONE, ERROR
from ecrops.cli.parser import add_name

UNREAD = "unread"
"""The code of a finding that something could not be read."""

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands, Parser


def add(commands: Commands) -> None:
    """Add the commands."""
    _add_access(commands)
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


def _add_access(commands: Commands) -> None:
    command = commands.add(
        "access",
        access,
        short="show who can use a repository, or which repositories",
        long=(
            "By every policy of the repositories, of the registry, and of the users, groups and roles of the account. "
            "Of one repository with where it says so; of several, of beginnings of names such as 'team/*', or of "
            "--all, one line for each principal."
        ),
        examples=(
            "ecrops access team/api",
            "ecrops access --can pull team/api",
            "ecrops access --can ecr:BatchDeleteImage --all",
            "ecrops access 'team/*' base/python",
            "ecrops access --csv --all > access.csv",
        ),
    )
    _add_selection(command)
    command.add_argument("--can", metavar="VERB", help="only who can, or may be able to: pull, push, ecr:ListImages …")
    command.add_argument("--csv", action="store_true", help="print CSV: a line for each principal and repository")


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
            "code=0; ecrops can user/ci ecr:BatchDeleteImage team/api || code=$?; test $code -eq 2",
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
    _add_facts(command)
    command.add_argument(
        "--check", action="store_true", help="ask IAM's own simulator too, and end with 5 if it says otherwise"
    )
    command.add_argument(
        "--who-profile", metavar="NAME", help="the profile of the account of WHO, if it is another one"
    )


def _add_facts(command: Parser) -> None:
    """Add the options that say what is known of the request."""
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
        "--ignore",
        action="append",
        default=[],
        metavar="CODE",
        help="leave this kind of finding out, such as own-account; of an account: --account ID",
    )
    command.add_argument("--strict", action="store_true", help="end with 1 if there is a finding")


def _add_selection(command: Parser) -> None:
    command.add_argument("names", nargs="*", metavar="NAME", help="names of repositories, or beginnings such as team/*")
    command.add_argument("--all", action="store_true", help="all repositories of the registry")


def access(arguments: Namespace, console: Console) -> int:
    """Show who can use repositories."""
    from ecrops.cli.account import reading
    from ecrops.cli.failures import CommandError

    names = selection_of(arguments)
    if arguments.csv and (console.as_json or arguments.can):
        raise CommandError("--csv has a column for each verb: leave --json and --can out")
    with reading(arguments) as registry:
        if len(names) == 1 and isinstance(names[0], str) and not (arguments.csv or arguments.can):
            show(registry.repository(names[0]).access(), console)
            return DONE
        matrix = registry.access(*names)
        if arguments.csv or (arguments.can and not console.as_json):
            for problem in matrix.unread:  # the other forms have it
                console.say(f"not read: {problem}")
        if arguments.csv:
            console.csv(matrix.csv_rows())
        elif arguments.can:
            show_who(matrix, arguments.can, console)
        else:
            show(matrix, console)
    is_absent = any(isinstance(name, str) and name not in matrix.repositories for name in names)
    return ERROR if is_absent else DONE


def can(arguments: Namespace, console: Console) -> int:
    """Say whether somebody can do something."""
    from ecrops.cli.account import reading, session_of

    check_one(arguments.name)
    context, who = context_of(arguments), principal_of(arguments.who)
    theirs = Namespace(profile=arguments.who_profile, region=arguments.region)
    session = None if arguments.who_profile is None else session_of(theirs)
    with reading(arguments) as registry:
        repository = registry.repository(arguments.name)
        answer = repository.can(who, arguments.what, context=context, session=session)
        if arguments.check and not console.as_json:
            show(answer, console)  # also if the simulator cannot be asked
        check = repository.check_access(who, arguments.what, context=context) if arguments.check else None
    if check is None:
        show(answer, console)
    elif console.as_json:
        console.data(answer.to_dict() | {"check": check.to_dict()})
    else:
        show(check, console)
    if answer.allowed is None or (check is not None and not check):
        return DEPENDS
    return DONE if answer else DIFFERS


def explain_denied(arguments: Namespace, console: Console) -> int:
    """Explain a message."""
    from ecrops.cli.account import reading

    check_named(arguments.name)
    text = message_of(arguments, console)
    with reading(arguments) as registry:
        answer = registry.repository(arguments.name).explain_denied(text)
    show(answer, console)
    return DONE


def lint_access(arguments: Namespace, console: Console) -> int:
    """Show findings."""
    from ecrops.cli.account import reading
    from ecrops.cli.words import of_the_command

    names = selection_of(arguments)
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
