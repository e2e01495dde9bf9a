"""The policies that people have published, asked by six callers for two actions.

Each answer was found by reading the policy with IAM's guide: y and n for certain, ? for what depends. The first letter
is of ``ecr:BatchGetImage``, the second of ``ecr:PutImage``.
"""

from __future__ import annotations

import pytest

from ecrops.access.answers.asking import Asker, Evaluation
from ecrops.access.answers.documents import Documents
from ecrops.access.answers.identities import Directory
from ecrops.iam.evaluation.caller import Caller
from ecrops.iam.evaluation.compiled import compile_policy
from support import cases

from .support import GET, HERE

FIRST, SECOND, STRANGER = "111122223333", "444455556666", "999988887777"
ORGANIZATION = "o-1234567890"
EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
ALLOWED = (compile_policy(EVERYTHING, "inline policy", "all"),)
FUNCTION = f"arn:aws:lambda:eu-west-1:{HERE}:function:x"


def caller(kind: str, name: str, account: str) -> Caller:
    return Caller(kind, f"arn:aws:iam::{account}:{kind}/{name}", account)  # type: ignore[arg-type]


# A user without policies, a role with all; a user of another account of the organization, and a role of one in none,
# whose own policies allow all; Lambda for a function of the own account; and a user of whom nothing is known.
CALLERS = (
    Asker(caller("user", "ci", HERE), (), None, {}, ORGANIZATION),
    Asker(caller("role", "nodes", HERE), ALLOWED, None, {}, ORGANIZATION),
    Asker(caller("user", "ci", FIRST), ALLOWED, None, {}, ORGANIZATION),
    Asker(caller("role", "sometestrole-1", SECOND), ALLOWED, None, {}, ""),
    Asker(Caller("service", "lambda.amazonaws.com")),
    Asker(caller("user", "x", STRANGER)),
)
ANSWERS = {
    "f44": "nn yy yn nn nn nn",  # a denial of all but two accounts
    "f46": "yy yy yy yy ?? ??",  # everyone beside accounts
    "f27": "nn ny nn nn nn nn",  # a denial of pulls alone
    "f02": "nn yy yn nn nn nn",
    "f04": "nn yy yy yy nn nn",
    "f45": "nn yy yn yn ?n nn",  # everyone of two accounts
    "f18": "yy yy yy yy ?? ??",
    "f11": "nn yy nn nn yn nn",
    "f43": "nn yy yn nn nn nn",
    "f35": "yy yy yy nn nn ??",  # everyone of the organization
    "f33": "yn yy yn nn ?n ?n",
    "f30": "yn yy yn yn ?n ?n",  # ForAllValues lets in who is in none
    "f05": "nn yy yn nn nn nn",
    "f12": "nn yy nn nn yn nn",
    "f34": "?n yy ?n ?n ?n ?n",  # paths of organizations are not known
    "f01": "nn yy yn yn nn nn",
    "f25": "yn yy yn yn ?n ?n",
    "f15": "yy yy nn nn nn nn",  # the user itself
    "f36": "yn yy yn nn nn ?n",
    "f17": "nn yy yy nn nn nn",
    "f14": "nn yy nn nn yn nn",
    "f37": "nn yy nn nn nn nn",  # another service
    "f26": "yn yy yn yn ?n ?n",
    "f47": "nn yy nn nn yn nn",
    "f29": "?n yy ?n ?n nn ?n",
    "f31": "nn yy nn nn nn nn",  # one role of the organization, which that role is not in
}
POLICIES = {case["id"]: case["input"] for case in cases("public") if case["kind"] == "real policy file"}
LETTERS = {True: "y", False: "n", None: "?"}


def test_each_real_policy_is_read() -> None:
    assert ANSWERS.keys() == POLICIES.keys()


@pytest.mark.parametrize("name", POLICIES)
def test_a_real_policy_is_answered_as_iam_would(name: str) -> None:
    policy = compile_policy(POLICIES[name], "repository policy", "app")
    documents = Documents("aws", "eu-west-1", HERE, Directory([]), {"app": policy}, organization=ORGANIZATION)
    evaluation = Evaluation(documents, ["app"])
    of_function = Evaluation(documents, ["app"], {"aws:sourcearn": (FUNCTION,)})
    found = []
    for asker in CALLERS:
        asked = of_function if asker.caller.kind == "service" else evaluation
        rulings = asked.rulings(asker, [GET, "ecr:PutImage"]).values()
        found.append("".join(LETTERS[ruling.allowed.at(0)] for ruling in rulings))
    assert " ".join(found) == ANSWERS[name]
