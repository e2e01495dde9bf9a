"""What there is to know beside an answer: keys of KMS, tokens, deleted principals, statements that nearly allow it.

Called by ``can``. Only a question about images costs a call: that for the key of the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ecrops.access.actions import IDENTITY_ONLY
from ecrops.access.answers.answer import names_of
from ecrops.access.answers.case import Case
from ecrops.access.answers.needs import TOKEN, Need
from ecrops.access.answers.questions.callers import Found
from ecrops.access.answers.words import limits, place_text, source_text
from ecrops.access.words import deleted
from ecrops.aws import DENIED, Aws, ClientError, code_of
from ecrops.base.render import several
from ecrops.iam.evaluation.compiled import CompiledPolicy, CompiledStatement
from ecrops.iam.evaluation.conditions import met
from ecrops.iam.evaluation.decide import Layer, Vote
from ecrops.iam.evaluation.extent import NOWHERE
from ecrops.iam.evaluation.naming import named
from ecrops.iam.statements import listed
from ecrops.repositories import calls

GET = "ecr:BatchGetImage"
CREATE = "ecr:CreateRepository"
LAMBDA = "lambda.amazonaws.com"
MOST_NEAR = 3
"""How many statements that nearly allow something are named."""


def of(aws: Aws, case: Case, found: Found) -> Iterator[str]:
    """Yield the notes on an answer."""
    yield from _of_kind(case)
    if case.allowed is not True:
        yield from islice(_near_misses(case), MOST_NEAR)
        yield from of_deleted(found, case.need)
    yield from _of_further_actions(case)
    if case.need.moves_images:
        yield from _of_key(aws, case.name)


def of_root(case: Case) -> Iterator[str]:
    """Yield that the root user of the account needs no policy."""
    if case.asked.kind == "account" and case.is_here:
        yield "the root user of the account is allowed everything that no policy of the repository or registry denies"


def _of_kind(case: Case) -> Iterator[str]:
    asked = case.asked
    if asked.kind == "group":
        yield (
            f"this is about a member of group {asked.name} with the policies of the group alone: a member may have "
            "others, and a boundary"
        )
    if asked.kind == "session" and not case.asker.caller.role and not case.is_here:
        yield (
            f"the ARN of a session does not tell the path of role {asked.name}: a statement has to name the role with "
            "its path, if it has one"
        )
    if asked.kind == "account" and case.is_here:
        yield f"this is about the root user of account {asked.name}: ask about its users and roles by their names"
    if asked.kind == "service" and case.need.token:
        yield "a service of AWS does not log in: no policy can allow it the token, and it needs none"
    if asked.kind == "service" and set(IDENTITY_ONLY) & set(case.need.actions):
        yield "no policy of a repository can allow that: the repository is not there yet"
    if asked.kind == "service" and asked.name == LAMBDA and case.need.what == "pull":
        yield (
            "a function of another account needs more: its account has to be allowed the same actions "
            "(grant_lambda(account) does both)"
        )
        if case.allowed is False and not any(ruling.denied.at(0) for ruling in case.rulings.values()):
            yield (
                "Lambda adds the statement itself where whoever makes the function may call ecr:GetRepositoryPolicy "
                "and ecr:SetRepositoryPolicy"
            )


def _of_further_actions(case: Case) -> Iterator[str]:
    """Yield what some clients, and a first pull, ask for beside what is needed, if it is not allowed."""
    if case.need.what == "pull_through_cache" and _is_not_allowed(case, CREATE):
        yield f"the first pull of an image whose repository is not there yet needs {CREATE} too"
    if case.allowed is not False and case.need.what == "push" and _is_not_allowed(case, GET):
        yield f"clients that look first whether the image is there, such as containerd and crane, need {GET} too"


def _is_not_allowed(case: Case, action: str) -> bool:
    return case.evaluation.rulings(case.asker, [action])[action].allowed.at(0) is False


def _of_key(aws: Aws, name: str) -> Iterator[str]:
    try:
        found = calls.get(aws, name, "DescribeRepositories", "repositories", repositoryNames=[name])
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        return
    encryption = found[0].get("encryptionConfiguration", {}) if found else {}
    if encryption.get("encryptionType", "AES256") != "AES256" and encryption.get("kmsKey"):
        yield (
            f"the images are encrypted with the key {encryption['kmsKey']}: who pulls or pushes needs no permission of "
            "KMS, since ECR uses the key by a grant of its own"
        )


# Statements that allow something, and not this


def _near_misses(case: Case) -> Iterator[str]:
    """Yield statements that allow a part of what is not allowed, and why they do not apply."""
    for layer, policy in _policies(case):
        for statement in policy.statements:
            lacking = [
                action
                for action in statement.covered(tuple(case.rulings))
                if case.undenied(action).at(0) is False and not _has_voted(case, action, statement)
            ]
            if statement.allows and lacking and (reason := _reason(case, layer, statement, lacking)):
                place = place_text(case, Vote(statement, layer, NOWHERE))
                yield f"{place} would allow {names_of(lacking)}, but {reason}"


def _policies(case: Case) -> Iterator[tuple[Layer, CompiledPolicy]]:
    yield from ((Layer.IDENTITY, policy) for policy in case.asker.identity or ())
    policy = case.evaluation.documents.policies.get(case.name)
    if policy is not None:
        yield Layer.RESOURCE, policy


def _has_voted(case: Case, action: str, statement: CompiledStatement) -> bool:
    return any(vote.statement is statement for vote in case.rulings[action].votes)


def _reason(case: Case, layer: Layer, statement: CompiledStatement, lacking: list[str]) -> str:
    """Return why a statement does not apply; empty if it is about something else."""
    facts = case.evaluation.facts(case.asker)
    if layer is Layer.RESOURCE:
        if statement.names is None or statement.excludes_names or not named(statement.names, case.asker.caller):
            return ""
        if TOKEN in lacking:
            return "no policy of a repository can allow a token: an identity policy has to"
    if statement.tests and met(statement.tests, facts).value is False:
        return f"its condition is not met:{limits(statement.document)}"
    if lacking == [TOKEN] and layer is Layer.IDENTITY:
        return f"only on {_resources(statement)}, and a token has no resource: it has to be '*'"
    if layer is Layer.IDENTITY and not statement.excludes_resources:
        return f"only on {_resources(statement)}"
    return ""


def _resources(statement: CompiledStatement) -> str:
    return several(
        map(str, listed(statement.document.get("Resource", statement.document.get("NotResource", "")))), most=3
    )


# Deleted principals


def of_deleted(found: Found, need: Need) -> Iterator[str]:
    """Yield the statements of the repository policy that allow it to a user or role that was deleted."""
    directory, asked = found.documents.directory, found.asked
    prefix = {"user": "AIDA", "role": "AROA"}.get(asked.identity_kind, "")
    if directory is None or not directory.is_whole or not prefix or asked.account != found.documents.account:
        return
    for policy in found.documents.policies.values():
        for statement in policy.statements if policy is not None else ():
            names = (statement.names or {}).get("AWS", ()) if not statement.excludes_names else ()
            gone = [name for name in names if name.startswith(prefix) and not directory.by_id(name)]
            if statement.allows and gone and statement.covered(need.actions):
                yield (
                    f"{source_text(statement.source)} names {several(map(deleted, gone))}: if that was "
                    f"{asked.identity_kind} {asked.name}, the statement has to name it anew, since a new one of the "
                    "same name is not it"
                )
