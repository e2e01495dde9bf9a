"""The same question put to ecrops and to the emulator's evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ecrops.access.answers.asking import Asker, Evaluation, asker_of
from ecrops.access.answers.compiling import Compiler
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import Directory, parse
from ecrops.iam.evaluation.caller import Caller, Kind
from ecrops.testing.emulator.evaluator.decide import decide

JSON = dict[str, Any]
Answers = dict[str, bool | None]


def naive(world: JSON, question: JSON, callers: Iterable[str]) -> Answers:
    """What the emulator's evaluator answers, by caller."""
    return {caller: decide(world, {**question, "caller": caller}) for caller in callers}


def ecrops(world: JSON, question: JSON, callers: Iterable[str]) -> Answers:
    """What ecrops answers, by caller."""
    documents, name = documents_of(world), world["repository"]["name"]
    context = {key: tuple(values) for key, values in question["context"].items()}
    context |= dict.fromkeys(question["missing"], ())
    evaluation = Evaluation(documents, [name], context={key.lower(): values for key, values in context.items()})
    action = question["action"]
    directories = {world["account"]: documents.directory}
    directories |= {account: parse([details]) for account, details in world["others"].items()}
    return {
        caller: evaluation.rulings(asker(directories, caller), [action])[action].allowed.at(0) for caller in callers
    }


def documents_of(world: JSON) -> Documents:
    """A world as ecrops would have read it."""
    compiler, repository = Compiler(), world["repository"]

    def compiled(document: Any, kind: str, name: str = "") -> Any:
        return None if document is None else compiler.compiled(document, kind, name)

    return Documents(
        partition=world["partition"],
        region=world["region"],
        account=world["account"],
        directory=None if world["details"] is None else parse([world["details"]]),
        policies={repository["name"]: compiled(repository["policy"], "repository policy", repository["name"])},
        tags={} if repository["tags"] is None else {repository["name"]: repository["tags"]},
        registry=compiled(world["registry_policy"], "registry policy"),
        now=datetime.fromisoformat(world["now"]),
    )


def asker(directories: Mapping[str, Directory | None], caller: str) -> Asker:
    """Who calls, as ecrops takes it: with the policies of its account, if they were read."""
    if not caller.startswith("arn:"):
        return Asker(Caller("service", caller))
    account, resource = caller.split(":")[4:]
    word, _, path = resource.partition("/")
    if word == "root":
        return Asker(Caller("account", account, account))
    kinds: dict[str, Kind] = {"user": "user", "role": "role", "assumed-role": "session"}
    kind = kinds[word]
    directory = directories.get(account)
    if directory is None:
        return Asker(Caller(kind, caller, account, has_boundary=None))
    return _known(directory, account, kind, caller, path)


def _known(directory: Directory, account: str, kind: Kind, caller: str, path: str) -> Asker:
    is_session = kind == "session"
    identity = directory.find("role", path.partition("/")[0]) if is_session else directory.by_arn(caller)
    assert identity is not None
    return asker_of(identity, account, session=caller if is_session else "")
