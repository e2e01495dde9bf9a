"""What ECR refuses in the names, tags and settings of a repository, with the way out. Pure.

Called by ``RepositorySpec`` and by the verbs, before any call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from ecrops.aws import Arn
from ecrops.base.plain_json import check_depth, check_size
from ecrops.base.problems import Problems
from ecrops.errors import SpecError

# Expressions are compiled when they are first needed, and then kept by ``re``: compiling all of them takes 2 ms.
# ECR's own patterns and limits, from the API model of CreateRepository:
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"{_PART}(/{_PART})*"
_KEY = r"(?a:alias/[\w/-]+|[0-9a-fA-F-]{36}|mrk-[0-9a-f]{32})"
_KEY_RESOURCE = r"(?a:(key|alias)/[\w/-]+)"
_FILTER = r"[0-9a-zA-Z._*-]{1,128}"
MAX_FILTERS = 5
MAX_FILTER_WILDCARDS = 2
MAX_TAGS = 50
# "letters, numbers, and spaces representable in UTF-8, and the following characters: + - = . _ : / @", and "Don't use
# the aws: prefix for either keys or values":
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-using-tags.html
_TAG_SIGNS = frozenset("+-=._:/@")
_PLAIN_TAG = r"[A-Za-z0-9 +=._:/@-]*"
_TAG_CHARACTERS = "letters, digits, spaces and + - = . _ : / @"


# The hosts of registries, as the ECR credential helper knows them, and others in their place, such as LocalStack's:
# https://github.com/awslabs/amazon-ecr-credential-helper/blob/main/ecr-login/api/client.go
_DOMAIN = (
    r"(amazonaws\.com(\.cn)?|amazonaws\.eu|aws|amazonwebservices\.(com\.cn|eu)|ic\.gov|scloud|sgov\.gov|adc-e\.uk)"
)
_HOST = rf"\d{{12}}\.dkr[.-]ecr(-fips)?\.[^/]+|([^/]+[.-])?ecr(-fips)?\.[^/]+\.{_DOMAIN}|[^/:]+:\d+"
_PUBLIC = r"(public\.ecr\.aws|ecr-public\.aws\.com)/[^/]+"
_URI = rf"(\w+://)?({_HOST}|{_PUBLIC})/(?P<name>.+)"


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
        raise SpecError(f"expected the name of a repository, got {name!r}{_quoted(name)}")
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
    if text.startswith("arn:") or not any(sign in text for sign in ".:@"):  # a host has a dot or a port
        return ""
    uri = re.fullmatch(_URI, text)
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
        check_depth(argument)
        if isinstance(argument, list | tuple | set | frozenset):
            raise SpecError(f"one argument each: write {call}, got {argument!r}")


def check_tags(tags: object) -> dict[str, str]:
    """Return the tags of a repository.

    Raises:
        SpecError: AWS would refuse them; with every reason.
    """
    check_size(tags)
    if not isinstance(tags, Mapping):
        raise SpecError(f"expected a mapping of keys to values, got {tags!r}{_as_mapping(tags)}")
    problems = Problems()
    problems.check(len(tags) <= MAX_TAGS, "", f"a repository has at most {MAX_TAGS} tags, these are {len(tags)}")
    problems.take("", lambda: check_tag_keys(list(tags)))
    for key, value in tags.items():
        if isinstance(key, str):
            _check_signs(problems, "key", key, key)
        if not isinstance(value, str) or len(value) > 256:
            expected = "is a string of at most 256 characters"
            problems.add("", f"the value of {key!r} {expected}, got {value!r}{_quoted(value)}")
        if isinstance(value, str):
            _check_signs(problems, "value of", key, value)
            if value.lower().startswith("aws:"):
                problems.add("", f"values that start with 'aws:' are AWS's own, got {value!r} for {key!r}")
    problems.texts("", *tags.values())
    problems.raise_any()
    return dict(tags)


def _as_mapping(tags: object) -> str:
    """Return how to write tags that were given in the form of AWS's API; empty for other values."""
    if not isinstance(tags, list | tuple) or not tags:
        return ""
    keys = [tag.get("Key", tag.get("key")) if isinstance(tag, Mapping) else None for tag in tags]
    values = [tag.get("Value", tag.get("value")) if isinstance(tag, Mapping) else None for tag in tags]
    return "" if None in keys else f"; write {dict(zip(keys, values, strict=True))!r}"


def _check_signs(problems: Problems, part: str, key: object, text: str) -> None:
    """Check the characters of a key or a value of a tag. Letters and digits are those of all scripts."""
    if not re.fullmatch(_PLAIN_TAG, text) and (wrong := next((sign for sign in text if not _is_in_tags(sign)), "")):
        problems.add("", f"the {part} {key!r} is made of {_TAG_CHARACTERS}: it has {wrong!r}")


def _is_in_tags(sign: str) -> bool:
    import unicodedata  # for other scripts alone

    return sign in _TAG_SIGNS or unicodedata.category(sign)[0] in "LN" or unicodedata.category(sign) == "Zs"


def _quoted(value: object) -> str:
    """Return what to write for a value that YAML read as something else than a string; empty for other values."""
    if isinstance(value, bool):
        return f"; YAML reads yes, no, on and off as truth values: write {'yes' if value else 'no'!r} in quotes"
    return f"; in YAML write it in quotes, {str(value)!r}" if isinstance(value, int | float) else ""


def check_tag_keys(keys: Iterable[object]) -> tuple[str, ...]:
    """Return the keys of tags.

    Raises:
        SpecError: AWS would refuse one, or keeps it for itself.
    """
    keys, problems = list(keys), Problems()
    check_size(keys)
    problems.texts("", *keys)
    for key in keys:
        if not isinstance(key, str) or not 1 <= len(key) <= 128:
            problems.add("", f"a key is a string of 1 to 128 characters, got {key!r}{_quoted(key)}")
        if isinstance(key, str) and key.lower().startswith("aws:"):
            problems.add("", f"keys that start with 'aws:' are AWS's own, got {key!r}")
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


def check_key(key: object) -> str:
    """Return the name of a KMS key: its alias, its id, or the ARN of either.

    Raises:
        SpecError: It is none. Whether the key can be used by a registry is said by ``check_key_of``.
    """
    expected = "expected a KMS key as alias/NAME, as key id or as ARN"
    if not isinstance(key, str) or len(key) > 2048:
        raise SpecError(f"{expected}, got {key!r}")
    if not key.startswith("arn:"):
        if not re.fullmatch(_KEY, key):
            raise SpecError(f"{expected}, got {key!r}")
        return key
    arn = Arn.parse(key)
    if arn.service != "kms" or not arn.region or not arn.is_of_account or not re.fullmatch(_KEY_RESOURCE, arn.resource):
        form = "arn:PARTITION:kms:REGION:ACCOUNT:key/ID, or alias/NAME in the place of key/ID"
        raise SpecError(f"{expected}, got {key!r}, an ARN without the form {form}")
    return key


def check_key_of(key: str, partition: str, region: str) -> None:
    """Refuse the ARN of a key that the registry of a region can never use: ECR needs one "in the same Region".

    Source: ``kmsKey`` of ``EncryptionConfiguration`` in the API model of ECR.

    Raises:
        SpecError: The ARN of the key is of another region or partition.
    """
    arn = Arn.parse(key)
    if (arn.partition, arn.region) != (partition, region):
        raise SpecError(
            f"{key} is a key of {arn.region} in the partition {arn.partition}, and the registry is in {region} in "
            f"{partition}: ECR uses keys of its own region only; name one of them, by an alias if a spec is for many "
            "regions"
        )


def no_spec(spec: object, kind: str, from_mapping: str) -> SpecError:
    """Return the error for what was given in the place of a spec.

    Args:
        spec: What was given.
        kind: The class of the spec.
        from_mapping: What makes a spec of a mapping.
    """
    if isinstance(spec, Mapping):
        return SpecError(f"expected {kind}s, got a mapping: write {from_mapping}")
    if isinstance(spec, Iterable) and not isinstance(spec, str):
        return SpecError(f"expected {kind}s, one argument each, got a list: write ensure(*specs)")
    way_out = f"; write {kind}({spec!r})" if isinstance(spec, str) else ""
    return SpecError(f"expected {kind}s, one argument each, got {spec!r}{way_out}")
