"""How the code is read for the reference: griffe calls this for each object."""

from __future__ import annotations

import copy
import re
from typing import Any

import griffe

# parameters that are there to answer a mistake
ANSWERS = {"misspelt", "positional"}


class AsUsersSeeIt(griffe.Extension):  # type: ignore[misc]
    """Show signatures and examples as they are meant for users."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Read a section ``Example:`` as griffe reads ``Examples:``, and drop parameters that only answer mistakes."""
        if obj.docstring:
            obj.docstring.value = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.M)
        if isinstance(obj, griffe.Function):
            parameters = [parameter for parameter in obj.parameters if parameter.name not in ANSWERS]
            obj.parameters = griffe.Parameters(*parameters)

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Show the functions of ``ecrops.events``, which are methods of one value, as functions."""
        module = pkg["events.on"]
        verbs = module["EventVerbs"].all_members
        for name, member in list(module.members.items()):
            if isinstance(member, griffe.Attribute) and str(member.value).startswith("_values."):
                verb = verbs[name].final_target if verbs[name].is_alias else verbs[name]
                function = copy.copy(verb)
                function.parameters = griffe.Parameters(*(part for part in verb.parameters if part.name != "self"))
                function.returns = "Event"
                verb.returns = "Plan"
                module.set_member(name, function)
