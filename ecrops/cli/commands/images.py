"""``images``, ``tag`` and ``copy``: the images of a repository, found, named and copied."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from ecrops.cli.console import Console
from ecrops.cli.exit_codes import DIFFERS, DONE
from ecrops.cli.images.selections import add_conditions, conditions_of
from ecrops.cli.parser import add_name
from ecrops.cli.plans.applying import add_dry_run, run

if TYPE_CHECKING:
    from ecrops.cli.parser import Commands
    from ecrops.engine.plan import Plan
    from ecrops.registry import Registry
    from ecrops.repository import Repository
    from ecrops.spec import RepositorySpec

CONDITIONS = (
    "tags",
    "untagged",
    "pushed_before",
    "pushed_after",
    "pulled_before",
    "pulled_after",
    "larger_than",
    "archived",
)


def add(commands: Commands) -> None:
    """Add the commands."""
    command = commands.add(
        "images",
        images,
        short="list the images of a repository, or show one of them",
        long=(
            "Without conditions all of them, archived ones too, the newest first. Of one image it reads the manifest, "
            "which ECR counts as a pull. With --findings it waits for the scan, and ends with 2 if the image has "
            "findings of that severity or a worse one."
        ),
        examples=(
            "ecrops images team/api",
            "ecrops images --untagged --pushed-before 30 team/api",
            "ecrops images --json --tags 'v1.*' team/api | jq -r '.images[0].digest'   # the newest one",
            "ecrops images team/api v1.2",
            "ecrops images --findings CRITICAL team/api v1.2 || exit 1",
        ),
    )
    add_name(command)
    command.add_argument("image", nargs="?", metavar="IMAGE", help="one image, by its tag or digest")
    add_conditions(command, CONDITIONS)
    command.add_argument(
        "--findings",
        metavar="SEVERITY",
        help="show what a scan found in IMAGE, of this severity or a worse one, such as HIGH; UNTRIAGED is all. "
        "End with 2 if it found something",
    )
    command.add_argument(
        "--timeout", type=float, default=600, metavar="SECONDS", help="how long to wait for a scan; 600 without it"
    )
    _add_tag(commands)
    _add_copy(commands)


def _add_tag(commands: Commands) -> None:
    command = commands.add(
        "tag",
        tag,
        short="set tags on an image, or remove them, without a pull and a push",
        long=(
            "A tag that another image has is moved. ECR deletes an image with its last tag: that is a conflict, unless "
            "--delete-last is said."
        ),
        examples=(
            "ecrops tag team/api v1.2 stable",
            "ecrops tag --yes team/api sha256:0b1c… v1.2 v1",
            "ecrops tag --remove --yes --deletes 1 team/api v1.2 v1.2-rc1",
        ),
    )
    add_name(command)
    command.add_argument("image", metavar="IMAGE", help="the image, by a tag or its digest")
    command.add_argument("tags", nargs="+", metavar="TAG", help="the tags that it gets")
    command.add_argument("--remove", action="store_true", help="remove the tags from the image")
    command.add_argument("--delete-last", action="store_true", help="the image may be deleted with its last tag")
    add_dry_run(command)


def _add_copy(commands: Commands) -> None:
    command = commands.add(
        "copy",
        copy,
        short="copy images to another repository, of this or another registry",
        long=(
            "With their parts and with the artifacts about them; digests stay what they are. What is there already is "
            "skipped, so a copy that broke off goes on. Tags are set last."
        ),
        examples=(
            "ecrops copy --tags 'v1.*' team/api mirror/api",
            "ecrops copy --since 7 --to-region us-east-1 team/api team/api",
            "ecrops copy --to-profile prod --create-from fleet.yaml team/api team/api",
        ),
    )
    add_name(command)
    command.add_argument("to", metavar="TO", help="the name of the other repository, or its ARN")
    add_conditions(command, ("tags",))
    command.add_argument("--since", type=int, metavar="DAYS", help="only images that were pushed in the last DAYS days")
    command.add_argument("--untagged", action="store_true", help="images without tags too")
    command.add_argument(
        "--no-referrers", action="store_true", help="without signatures and other artifacts about them"
    )
    command.add_argument("--to-region", metavar="REGION", help="the region of TO; that of NAME without it")
    command.add_argument("--to-profile", metavar="NAME", help="the profile for TO, such as one of another account")
    way = command.add_mutually_exclusive_group()
    way.add_argument("--create", action="store_true", help="make TO if it does not exist, with the settings of ECR")
    way.add_argument("--create-from", metavar="FILE", help="make TO if it does not exist, as this fleet file says")
    add_dry_run(command)


def images(arguments: Namespace, console: Console) -> int:
    """List images, or show one."""
    from ecrops.cli.account import reading
    from ecrops.cli.failures import CommandError
    from ecrops.cli.images.showing import Listing, details

    conditions = conditions_of(arguments, CONDITIONS)
    if arguments.image is None and arguments.findings is not None:
        raise CommandError("--findings is about one image: name it, by its tag or digest")
    if arguments.image is not None and conditions:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in conditions)
        raise CommandError(f"{options}: one image is shown without conditions: leave them out, or IMAGE")
    with reading(arguments) as registry:
        repository = registry.repository(arguments.name)
        if arguments.image is None:
            console.show(Listing(repository.name, list(repository.images(**conditions))))
            return DONE
        image = repository.image(arguments.image)
        if arguments.findings is None:
            console.show(details(image))
            return DONE
        findings = image.scan_findings(arguments.findings, timeout=arguments.timeout)
    console.show(findings)
    return DIFFERS if findings else DONE


def tag(arguments: Namespace, console: Console) -> int:
    """Set tags, or remove them."""
    from ecrops.cli.failures import CommandError

    if arguments.delete_last and not arguments.remove:
        raise CommandError("--delete-last is about tags that are removed: say --remove too")

    def change(repository: Repository) -> Plan:
        image = repository.image(arguments.image)
        if arguments.remove:
            return image.untag(*arguments.tags, delete_last=arguments.delete_last)
        return image.tag(*arguments.tags)

    return run(arguments, console, arguments.name, change)


def copy(arguments: Namespace, console: Console) -> int:
    """Copy images."""
    from ecrops.cli.account import registry_of

    target = Namespace(
        profile=arguments.to_profile or arguments.profile, region=arguments.to_region or arguments.region
    )
    source = registry_of(arguments).repository(arguments.name)

    def change(to: Repository) -> Plan:
        return source.copy_images(
            to,
            tags=arguments.tags,
            since=arguments.since,
            untagged=arguments.untagged,
            referrers=not arguments.no_referrers,
            create=_spec(arguments, to),
        )

    return run(arguments, console, arguments.to, change, target)


def _spec(arguments: Namespace, to: Repository) -> RepositorySpec | None:
    """Return the spec of the target that is made; ``None`` if it has to exist."""
    from ecrops.spec import RepositorySpec

    if arguments.create_from is None:
        return RepositorySpec(to.name) if arguments.create else None
    from ecrops.cli.fleet_files import specs_of

    registry: Registry = to.registry  # type: ignore[assignment]
    only = Namespace(files=[arguments.create_from], only=[to.name])
    return next(spec for spec in specs_of(only, registry) if isinstance(spec, RepositorySpec))
