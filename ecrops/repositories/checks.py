"""What ECR refuses in the names, tags and settings of a repository, with the way out. Pure.

Called by ``RepositorySpec`` and by the verbs, before any call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ecrops.aws import Arn
from ecrops.base.plain_json import check_size
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

# ECR's own patterns and limits, from the API model of CreateRepository:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"{_PART}(/{_PART})*"
_KEY = re.compile(r"alias/[\w/-]+|[0-9a-fA-F-]{36}|mrk-[0-9a-f]{32}", re.ASCII)
_KEY_RESOURCE = re.compile(r"(key|alias)/[\w/-]+", re.ASCII)
_FILTER = r"[0-9a-zA-Z._*-]{1,128}"
MAX_FILTERS = 5
MAX_FILTER_WILDCARDS = 2
MAX_TAGS = 50


# The hosts of registries, as the ECR credential helper knows them, and others in their place, such as LocalStack's:
# https://github.com/awslabs/amazon-ecr-credential-helper/blob/main/ecr-login/api/client.go
_DOMAIN = (
    r"(amazonaws\.com(\.cn)?|amazonaws\.eu|aws|amazonwebservices\.(com\.cn|eu)|ic\.gov|scloud|sgov\.gov|adc-e\.uk)"
)
_HOST = rf"\d{{12}}\.dkr[.-]ecr(-fips)?\.[^/]+|([^/]+[.-])?ecr(-fips)?\.[^/]+\.{_DOMAIN}|[^/:]+:\d+"
_PUBLIC = r"(public\.ecr\.aws|ecr-public\.aws\.com)/[^/]+"
_URI = re.compile(rf"(\w+://)?({_HOST}|{_PUBLIC})/(?P<name>.+)")


def check_name(name: object) -> str:
    """Return the name of a repository.

    Raises:
        SpecError: ECR would refuse it, or it is the URI of a repository; with every reason.
    """
    if isinstance(name, str) and (reason := uri_problem(name)):
        raise SpecError(f"{reason}; if there is a repository of this very name, Registry.repository takes its ARN")
    return check_existing_name(name)


def check_existing_name(name: object) -> str:
    """Return the name of a repository that may exist: one that is made by mistake can be a URI.

    Raises:
        SpecError: ECR would refuse it; with every reason.
    """
    if not isinstance(name, str):
        raise SpecError(f"expected the name of a repository, got {name!r}")
    if name.startswith("arn:"):
        raise SpecError(f"expected the name of a repository, got an ARN; Registry.repository takes both: {name!r}")
    problems = Problems()
    problems.check(2 <= len(name) <= 256, "", f"a repository name has 2 to 256 characters, {name!r} has {len(name)}")
    if not re.fullmatch(_NAME, name):
        lower = f"; use {name.lower()!r}" if re.fullmatch(_NAME, name.lower()) else ""
        problems.add(
            "",
            "a repository name is made of lower-case letters and digits, joined by '/', '.', '_', '__' or dashes, "
            f"got {name!r}{lower}",
        )
    problems.raise_any()
    return name


def uri_problem(text: str) -> str:
    """Return what is wrong with a URI, or a name with a tag, in the place of a name; empty if it is neither."""
    if text.startswith("arn:"):
        return ""
    uri = _URI.fullmatch(text)
    name, end, _ = (uri["name"] if uri else text).partition("@")
    path, _, last = name.rpartition("/")
    short, colon, _ = last.partition(":")
    name = f"{path}/{short}" if path else short
    if not uri and not ((end or colon) and re.fullmatch(_NAME, name)):
        return ""
    what = "the URI of a repository" if uri else "an image of a repository"
    lower = "" if re.fullmatch(_NAME, name) or not re.fullmatch(_NAME, name.lower()) else ", in lower case"
    return f"{text!r} is {what}, its name is {(name.lower() if lower else name)!r}{lower}"


def check_one_by_one(arguments: Iterable[object], call: str) -> None:
    """Refuse a list, for a verb that takes each item as an argument.

    Args:
        arguments: The arguments of the verb.
        call: How to call the verb with a list, such as ``remove(*names)``.

    Raises:
        SpecError: One is a list.
    """
    for argument in arguments:
        if isinstance(argument, list | tuple | set | frozenset):
            raise SpecError(f"one argument each: write {call}, got {argument!r}")


def check_tags(tags: object) -> dict[str, str]:
    """Return the tags of a repository.

    Raises:
        SpecError: AWS would refuse them; with every reason.
    """
    check_size(tags)
    if not isinstance(tags, Mapping):
        raise SpecError(f"expected a mapping of keys to values, got {tags!r}")
    problems = Problems()
    problems.check(len(tags) <= MAX_TAGS, "", f"a repository has at most {MAX_TAGS} tags, these are {len(tags)}")
    problems.take("", lambda: check_tag_keys(list(tags)))
    for key, value in tags.items():
        problems.check(
            isinstance(value, str) and len(value) <= 256,
            "",
            f"the value of {key!r} is a string of at most 256 characters, got {value!r}",
        )
    problems.texts("", *tags.values())
    problems.raise_any()
    return dict(tags)


def check_tag_keys(keys: Iterable[object]) -> tuple[str, ...]:
    """Return the keys of tags.

    Raises:
        SpecError: AWS would refuse one, or keeps it for itself.
    """
    keys, problems = list(keys), Problems()
    check_size(keys)
    problems.texts("", *keys)
    for key in keys:
        right = isinstance(key, str) and 1 <= len(key) <= 128
        problems.check(right, "", f"a key is a string of 1 to 128 characters, got {key!r}")
        own = isinstance(key, str) and key.lower().startswith("aws:")
        problems.check(not own, "", f"keys that start with 'aws:' are AWS's own, got {key!r}")
    problems.raise_any()
    return tuple(str(key) for key in keys)


def check_filters(problems: Problems, path: str, filters: Sequence[str]) -> None:
    """Check the wildcards of tags that are excluded from a tag mutability."""
    count = len(filters)
    problems.check(1 <= count <= MAX_FILTERS, path, f"expected 1 to {MAX_FILTERS} filters, got {count}")
    for entry in filters:
        _check_filter(problems, path, entry)


def _check_filter(problems: Problems, path: str, entry: str) -> None:
    problems.check(
        bool(re.fullmatch(_FILTER, entry)),
        path,
        f"a filter has 1 to 128 letters, digits, '.', '_', '-' and '*', got {entry!r} with {len(entry)}",
    )
    problems.check(
        entry.count("*") <= MAX_FILTER_WILDCARDS,
        path,
        f"a filter has at most two '*': {entry!r} has {entry.count('*')}",
    )


def is_key(key: object) -> bool:
    """Whether a value names a KMS key: by an alias, an id or an ARN."""
    if not isinstance(key, str) or len(key) > 2048:
        return False
    if not key.startswith("arn:"):
        return bool(_KEY.fullmatch(key))
    try:
        arn = Arn.parse(key)
    except SpecError:
        return False
    return (
        arn.service == "kms" and bool(arn.region) and arn.is_of_account and bool(_KEY_RESOURCE.fullmatch(arn.resource))
    )
