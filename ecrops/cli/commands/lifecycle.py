"""``simulate``, ``lint``, ``preview`` and ``forecast``: what lifecycle policies do to images. They write nothing."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DIFFERS, DONE, ERROR
from ecrops.cli.parser import add_name
from ecrops.cli.policies import POLICY

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands, Parser
    from ecrops.lifecycle.simulation.result import Simulation
    from ecrops.repository import Repository

_OR_CURRENT = f"{POLICY}; of a fleet, the rules of NAME; without it, the policy that the repository has"


def add(commands: Commands) -> None:
    """Add the commands."""
    _add_simulate(commands)
    command = commands.add(
        "lint",
        lint_policy,
        short="show what in lifecycle policies is probably not meant",
        long="Of a fleet file, those of all its repositories. It needs no AWS. --strict ends with 1 for a finding.",
        examples=(
            "ecrops lint fleet.yaml",
            "ecrops lint policy.json",
            "ecrops lint --strict --ignore all-of policy.json",
        ),
    )
    command.add_argument("policy", metavar="POLICY", help=POLICY)
    command.add_argument(
        "--ignore", action="append", default=[], metavar="CODE", help="leave this kind of finding out, such as all-of"
    )
    command.add_argument("--strict", action="store_true", help="end with 1 if there is a finding")
    command = commands.add(
        "preview",
        preview,
        short="let ECR itself say what a lifecycle policy would do",
        long="It takes seconds to minutes, and changes no image. --compare asks whether simulate says the same.",
        examples=(
            "ecrops preview team/api fleet.yaml",
            "ecrops preview team/api policy.json",
            "ecrops preview --compare team/api",
        ),
    )
    _add_repository(command)
    command.add_argument(
        "--timeout", type=float, default=600, metavar="SECONDS", help="how long to wait; 600 without it"
    )
    command.add_argument(
        "--compare",
        action="store_true",
        help="show what simulate and ECR judge differently, and end with 2 if something is",
    )
    _add_forecast(commands)


def _add_repository(command: Parser) -> None:
    add_name(command)
    command.add_argument("policy", nargs="?", metavar="POLICY", help=_OR_CURRENT)


def _add_simulate(commands: Commands) -> None:
    command = commands.add(
        "simulate",
        simulate,
        short="show what a lifecycle policy would do to the images of a repository",
        long="By ecrops' own evaluation. It changes nothing.",
        examples=(
            "ecrops simulate team/api fleet.yaml",
            "ecrops simulate team/api policy.json",
            "ecrops simulate --explain v1.2 team/api",
        ),
    )
    _add_repository(command)
    command.add_argument(
        "--references",
        action="store_true",
        help="find out which images are parts of an index; ECR counts that as a pull of the index",
    )
    command.add_argument("--explain", metavar="IMAGE", help="say why one image is kept or not, by its tag or digest")


def _add_forecast(commands: Commands) -> None:
    command = commands.add(
        "forecast",
        forecast,
        short="show the storage to expect under a lifecycle policy",
        examples=(
            "ecrops forecast team/api fleet.yaml",
            "ecrops forecast --days 365 --price 0.10 --chart forecast.svg team/api",
        ),
    )
    _add_repository(command)
    command.add_argument("--days", type=int, default=90, metavar="N", help="how many days; 90 without it")
    command.add_argument(
        "--pushes-per-day", type=float, metavar="N", help="images pushed a day; without it as in the last 30 days"
    )
    command.add_argument("--price", type=float, metavar="PRICE", help="the price of a GB for a month, such as 0.10")
    command.add_argument("--chart", metavar="FILE", help="draw the chart into this file: SVG")


def _policy(arguments: Namespace, repository: Repository) -> Any:
    """Return the policy that the arguments name for a repository; ``None`` for the one that it has."""
    from ecrops.cli.policies import policy_of

    return None if arguments.policy is None else policy_of(arguments.policy, repository.name, repository.registry)


def _simulation(arguments: Namespace, *, references: bool = False) -> Simulation:
    from ecrops.cli.account import reading

    with reading(arguments) as registry:
        repository = registry.repository(arguments.name)
        return repository.simulate_lifecycle(_policy(arguments, repository), references=references)


def simulate(arguments: Namespace, console: Console) -> int:
    """Show what a policy would do."""
    result = _simulation(arguments, references=arguments.references)
    if arguments.explain is None:
        console.show(result)
        return DONE
    from ecrops.cli.failures import CommandError

    try:
        why = result.explain(arguments.explain)
    except KeyError as error:
        raise CommandError(str(error.args[0])) from None
    if console.as_json:
        console.data({"image": arguments.explain, "explanation": why})
    else:
        console.text(why)
    return DONE


def lint_policy(arguments: Namespace, console: Console) -> int:
    """Show findings about policies."""
    from ecrops.cli.policies import Lazily, policies_of
    from ecrops.errors import SpecError
    from ecrops.lifecycle.linting.lint import lint

    findings = []
    for name, policy in policies_of(arguments.policy, Lazily(arguments)):
        try:
            findings += [(name, finding) for finding in lint(policy, ignore=arguments.ignore)]
        except SpecError as error:
            raise (error.at(name) if name else error) from None
    if console.as_json:
        console.data({"findings": [{"repository": name} | finding.to_dict() for name, finding in findings]})
    elif findings:
        console.text(
            "\n".join(": ".join(filter(None, (name, finding.code, str(finding)))) for name, finding in findings)
        )
    else:
        console.say("no findings")
    return ERROR if findings and arguments.strict else DONE


def preview(arguments: Namespace, console: Console) -> int:
    """Let ECR say what a policy would do."""
    from ecrops.cli.account import reading

    with reading(arguments) as registry:
        repository = registry.repository(arguments.name)
        policy = _policy(arguments, repository)
        look = repository.check_lifecycle if arguments.compare else repository.preview_lifecycle
        result = look(policy, timeout=arguments.timeout)
    console.show(result)
    return DIFFERS if arguments.compare and result else DONE


def forecast(arguments: Namespace, console: Console) -> int:
    """Show the storage to expect."""
    result = _simulation(arguments)
    expected = result.forecast(arguments.days, arguments.pushes_per_day)
    cost = None if arguments.price is None else expected.cost(arguments.price)
    if console.as_json:
        costs: dict[str, Any] = {} if cost is None else {"cost": cost_of(cost)}
        console.data(expected.to_dict() | costs)
    else:
        console.text(str(expected))
        if cost is not None:
            console.text(cost.text("$"))
    if arguments.chart:
        expected.plot(arguments.price, title=arguments.name).save(arguments.chart)
    return DONE


def cost_of(cost: Any) -> dict[str, float]:
    """Return a cost, ready for JSON."""
    return {"stored": cost.stored, "without": cost.without, "saved": cost.saved}
