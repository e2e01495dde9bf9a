"""What the commands about access show: the library's own words, with the ways out of the command.

Called by these commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecrops.cli.console import Console, Shown
from ecrops.cli.words import of_the_command

if TYPE_CHECKING:
    from ecrops.access.reports.matrix import AccessMatrix


def show(value: Shown, console: Console) -> None:
    """Show what the library returns."""
    if console.as_json:
        console.data(value.to_dict())
    else:
        console.text(of_the_command(str(value)))


def show_who(matrix: AccessMatrix, what: str, console: Console) -> None:
    """Show who can do something, or may be able to: a line for each repository and principal."""
    from ecrops.base.render import page

    found = []
    for name in matrix.repositories:
        certain = matrix.who_can(what, name, certain=True)
        depends = [who for who in matrix.who_can(what, name) if who not in certain]
        found.append((name, certain, depends))
    if console.as_json:
        members = [{"repository": name, "can": can, "depends": depends} for name, can, depends in found]
        console.data({"what": what, "repositories": members, "unread": matrix.unread})
        return
    lines = [
        f"{name}: {who}" for name, can, depends in found for who in (*can, *(f"{who}, depends" for who in depends))
    ]
    console.text(page(lines)) if lines else console.say("nobody")
