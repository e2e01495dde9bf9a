"""What the library says in words of Python, in words of the command. Pure.

Called for whatever a command writes of an error, a note or a conflict. The library names its own verbs and arguments;
who types a command has options and fleet files in their place. A new message that names either gets a line here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TEMPLATE = r"in a fleet file, registry: {creation_templates: [{prefix: \1, applied_for: [REPLICATION], …}]}"
_PHRASES: Mapping[str, str] = {
    r" \(\.applied\)": "",
    r", in \.(because|changes and \.unchanged|denied|errors|exceptions|rows|unread)\b": "; --json lists them all",
    r"\bthe one in plan\.notes\b": "the one in the notes of plan --json",
    r"\b[A-Za-z_.()']+\.ensure makes it\b": "name it in a fleet file, and ecrops apply makes it",
    r"\bregistry\.creation_templates\.add\('(.+?)', applied_for=\['REPLICATION'\], \.\.\.\)": _TEMPLATE,
    r", or session= writes it there\b": "",
    r", as RetryPolicy\([^)]*\) says\b": "",
    r": RetryPolicy\(propagation_budget=\.\.\.\) is how long\b": "",
    r"; a path is given as Path\(\.\.\.\)": "",
    r"\bRegistry\.repository takes (its ARN|both)\b": r"ecrops show takes \1",
    r"\bpull_through_cache\.remove\('(.+?)'\), and add the rule again": (
        r"take the rule of '\1' out of the file and apply, then put it in again"
    ),
    r"\bregistry\.rule\('[^']*'(?:, bus='[^']*')?\)\.remove\(\) removes it": "delete it in EventBridge",
    r"\bremove it first with registry\.rule\('[^']*'(?:, bus='[^']*')?\)\.remove\(\)": "delete it in EventBridge first",
    r"parameters=\{'(.+?)': …\}": r"--parameter '\1=…'",
    r"resources=\{'(.+?)': …\}": r"--resource '\1=…'",
    r"\bstack_name=": "--stack-name",
    r"\bgrants=True\b": "--grants",
    r"\bevents=True\b": "--events",
    r"\bgive delete_last=True": "say --delete-last",
    r"\b(untagged|orphans|all|archived)=True\b": r"--\1",
    r"\bolder_than=": "--older-than ",
    r"\bpulled_before=": "--pulled-before ",
    r"\blarger_than=": "--larger-than ",
    r"\btags=\[": "--tags [",
    r"\bmanifests=True\b": "--manifests",
    r"\becs=False\b": "--no-ecs",
    r"\blambda_=False\b": "--no-lambda",
    r"\ba name is given as User\('(.+?)'\), Role\('\1'\) or Group\('\1'\)": (
        r"a name is given as user/\1, role/\1 or group/\1"
    ),
    r"\brepo\.can\(Role\('(.+?)'\), '(\w+)'\)": r"ecrops can role/\1 \2 NAME",
    r"\brepo\.can\('(.+?)', '(\w+)'\)": r"ecrops can \1 \2 NAME",
    r"\bregistry\.repository\('(.+?)'\)\.explain_denied\(text\)": r"ecrops explain-denied \1",
    r"\bmake a Registry with a session for account (\d+) and region ([\w-]+)": (
        r"name a --profile of account \1 and the --region \2"
    ),
    r"\bregistry\.docker_login\(\)": "ecrops login",
    r"\bsession= reads them\b": "--who-profile reads them",
    r"\bcan\(principal, verb, session=\.\.\.\) reads both sides": "--who-profile, without --check, reads both sides",
    r"^session: (?=this is for the policies)": "--who-profile: ",
    r"\bask can\(\)": "ask without --check",
    r"\bcheck_access asks\b": "--check asks",
    r"; can\(\) does without": "; without --check it is not needed",
    r"; can\(\) weighs them too": "; the answer of ecrops weighs them too",
    r"\bcontext=\{\"(.+?)\": \"(.+?)\"\}": r"--context '\1=\2'",
    r"\bcontext\['(.+?)'\]": r"--context \1",
    r"\bis not in accounts=": "is not among those of --account",
    r"\baccounts\[\d+\]: ": "--account: ",
    r"\bignore: ('.+?' is no code)": r"--ignore: \1",
    r"(--ignore: '(\d{12}|o-[a-z0-9]+)' is no code of a finding)\b": (
        r"\1; if it may use the repositories, say --account \2"
    ),
    r"\bsay accounts=\['(.+?)'\]": r"say --account \1",
    r"\bregistry\.access\(\)": "ecrops access",
    r"\bregistry\.(authorization_token\.grant_read\(\w+\('.+?'\)\)) allows it": r"in Python, Registry().\1 allows it",
    r"\bregistry\.account_settings\.set\(\"(\w+)\", \"(\w+)\"\) turns it on": (
        r"in a fleet file, registry: {account_settings: {\1: \2}} turns it on"
    ),
}
"""Phrases of the library, as regular expressions, and those of the command."""


def of_the_command(text: str) -> str:
    """Return a text of the library whose ways out are those of the command."""
    for phrase, word in _PHRASES.items():
        text = re.sub(phrase, word, text)
    return text
