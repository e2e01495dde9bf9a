"""The verbs of a registry about access to all its repositories. Called by users, through ``Registry``.

What they need is imported inside the verbs: a program that uses none need not wait for it.
"""

from __future__ import annotations

from ecrops.engine.account import Account


class RegistryVerbs(Account):
    """Who can use which repositories."""
