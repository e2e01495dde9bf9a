"""Where a judge does otherwise than AWS, or lacks something: the test that shows it, why, and what AWS says.

Read by ``conftest``: such a test is run and has to fail, so that a difference that is gone is noticed. What differs
between a judge and the project's emulator is settled by the documents; where they were against the emulator, it was
mended, and has no entry here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

GUIDE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/"
RULER = "https://github.com/aws/event-ruler"
SNAPSHOTS = "github.com/localstack/localstack, tests/aws/services/events/test_events_inputs.snapshot.json (of AWS)"
PUT_TARGETS = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html"
DISABLE_RULE = "https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html"


class Difference(NamedTuple):
    """A difference between a judge and AWS.

    Args:
        test: The name of the test.
        reason: What the judge does, and the source of what is right.
        cases: The ids of the cases, without the judge; all cases if there are none.
        tried: Whether the test is run: not if that would take minutes.
    """

    test: str
    reason: str
    cases: Collection[str] = ()
    tried: bool = True


REACHES = "test_a_test_event_reaches_a_target"
STORED = "test_a_target_of_each_kind_with_a_role_is_stored_as_it_was_given"
MISSING = "test_what_is_missing_is_said_before_anything_is_written"
OPERATORS, LISTS = "test_each_operator", "test_lists_of_objects"
NOT_IN = ('{"text":"found <c>"}', '{"a":"<r>","b":"<l> in <r>"}')
ABSENT = '{"r": {"y": [{"exists": false}]}}, {"r": [{"y": 1}, {"z": 1}]}'
ABSENT_FIRST = '{"r": {"w": [{"exists": false}], "x": [1]}}, {"r": [{"x": 1}, {"w": 5}]}'
DOTTED = '{"detail": {"state": {"status": ["running"]}}}, {"detail": {"state.status": "running"}}'
LETTERS = (
    "test_a_target_that_does_not_let_in_gets_nothing_and_its_dead_letters_all",
    "test_the_dead_letters_of_a_target_that_is_gone",
    "test_a_target_that_is_gone_is_reported",
)
NO_LETTERS = f"it sends no dead letters, and asks no policy: {GUIDE}eb-rule-dlq.html, eb-use-resource-based.html"
SIMPLE_WILDCARDS = f"it takes wildcards of any complexity: {RULER} (README)"
TOO_COMPLEX = "test_a_wildcard_that_is_too_complex"

MINISTACK: Sequence[Difference] = (
    Difference(
        REACHES, f"it drops what is for log groups: {GUIDE}eb-targets.html", ["log group", "log group with a star"]
    ),
    Difference(REACHES, f"it drops what is for streams: {GUIDE}eb-targets.html", ["stream"]),
    Difference(STORED, f"it takes the services that it knows; AWS adds some: {PUT_TARGETS}", ["a kind of tomorrow"]),
    *(Difference(test, NO_LETTERS) for test in LETTERS),
    Difference(TOO_COMPLEX, SIMPLE_WILDCARDS),
    Difference("test_templates_of_the_public_cases", f"it says detail-type for detailType: {SNAPSHOTS}", ["emu-event"]),
    Difference("test_templates_of_the_public_cases", f"it puts blanks into objects: {SNAPSHOTS}", ["emu-obj"]),
    Difference(
        "test_templates_with_objects_lists_and_numbers",
        f"it puts blanks into objects: {SNAPSHOTS}",
        ['"found <c> in <r>"'],
    ),
    Difference(
        "test_templates_with_objects_lists_and_numbers",
        f"it delivers objects and lists in quotes: {SNAPSHOTS}",
        NOT_IN,
    ),
    Difference(LISTS, f"it looks for what is absent in single elements: {RULER} (ACFinder)", [ABSENT, ABSENT_FIRST]),
    Difference(LISTS, f"it takes no dots in the names of an event: {RULER} (Event)", [DOTTED]),
)
LOCALSTACK: Sequence[Difference] = (
    Difference("test_the_events_of_a_spec_are_its_whole_set", "its ECR is not free"),
    Difference(REACHES, "its functions need Docker, and are not started", ["function", "version", "alias"]),
    Difference("test_the_policy_of_a_function", "its functions need Docker, and are not started"),
    Difference(MISSING, "its functions need Docker, and are not started", ["function"]),
    Difference(REACHES, "its streams are a program that it downloads", ["stream"], tried=False),
    Difference(MISSING, "its streams are a program that it downloads", ["stream"], tried=False),
    Difference(
        STORED,
        f"it takes no targets of these services: {PUT_TARGETS}",
        ["pipeline", "build", "workflow", "workgroup", "assessment", "a kind of tomorrow", "a kind without a region"],
    ),
    *(Difference(test, NO_LETTERS) for test in LETTERS),
    Difference("test_a_disabled_rule_sends_nothing", f"its disabled rules send events: {DISABLE_RULE}"),
    Difference(TOO_COMPLEX, SIMPLE_WILDCARDS),
    Difference(
        "test_an_input_path_selects_a_part",
        f"it drops an empty list: {GUIDE}eb-transform-target-input.html",
        ["$.resources"],
    ),
    Difference(
        "test_templates_with_objects_lists_and_numbers",
        f"it drops an event with a number in quotes: {GUIDE}eb-transform-target-input.html",
        ['{"n":"<n>"}'],
    ),
    Difference(
        OPERATORS,
        f"true and false are 1 and 0 to it: {GUIDE}eb-create-pattern-operators.html (exact matching), {RULER}",
        [
            '[1], {"x": true}',
            '[0], {"x": false}',
            '[{"numeric": ["<", 10]}], {"x": true}',
            '[{"anything-but": 1}], {"x": true}',
        ],
    ),
    Difference(
        OPERATORS,
        f"it fails at a number where a text is wanted: {RULER} (README: a value of another type does not match)",
        ['[{"prefix": "us-"}], {"x": 5}', '[{"anything-but": {"prefix": "a"}}], {"x": 5}'],
    ),
    Difference(
        OPERATORS,
        f"anything-but matches a field that is not there: {GUIDE}eb-create-pattern-operators.html, {RULER}",
        ['[{"anything-but": "a"}], {}'],
    ),
    Difference(
        OPERATORS,
        f"its wildcards know no line breaks and no backslashes: {GUIDE}eb-create-pattern-operators.html (wildcard)",
        [
            r'[{"wildcard": "v*"}], {"x": "v1\n2"}',
            r'[{"wildcard": "a\\*c"}], {"x": "a*c"}',
            r'[{"wildcard": "a\\\\*"}], {"x": "a\\b"}',
            r'[{"wildcard": "*\\**"}], {"x": "a*b"}',
            r'[{"wildcard": "*\\**"}], {"x": "ab"}',
            r'[{"wildcard": "*\\\\*"}], {"x": "a\\b"}',
        ],
    ),
    Difference(
        OPERATORS,
        f"it refuses a network that is no first address, and takes numbers for addresses: {RULER} (CIDR)",
        [
            '[{"cidr": "10.0.0.7/24"}], {"x": "10.0.0.1"}',
            '[{"cidr": "0.0.0.0/8"}], {"x": 5}',
            '[{"cidr": "0.0.0.0/8"}], {"x": true}',
        ],
    ),
    Difference(
        LISTS,
        f"it matches fields of different elements of a list together: {RULER} (README: arrays)",
        [
            ABSENT,
            ABSENT_FIRST,
            '{"r": {"x": [1], "y": [2]}}, {"r": [{"x": 1}, {"y": 2}]}',
            '{"r": {"x": [1], "y": [2]}}, {"r": [[{"x": 1}, {"y": 2}]]}',
            '{"r": {"x": [1], "y": [{"exists": false}]}}, {"r": [{"x": 1, "y": 1}, {"x": 5}]}',
            '{"a": {"b": {"x": [1], "y": [2]}, "z": [3]}}, {"a": [{"b": [{"x": 1}, {"y": 2}], "z": 3}]}',
            '{"a": {"b": {"x": [1], "y": [2]}, "z": [3]}}, {"a": [{"b": [{"x": 1, "y": 2}]}, {"z": 3}]}',
            '{"r": {"$or": [{"x": [1]}, {"x": [5], "y": [2]}]}}, {"r": [{"x": 5}, {"y": 2}]}',
        ],
    ),
    Difference(
        "test_patterns_of_real_rules",
        f"it matches fields of different elements of a list together: {RULER} (README: arrays)",
        ["pat-23"],
    ),
)
DIFFERENCES: Mapping[str, Sequence[Difference]] = {"ministack": MINISTACK, "localstack": LOCALSTACK}


def found(judge: str, test: str, case: str) -> Difference | None:
    """The difference that a case of a test shows of a judge, if it is one."""
    differences = DIFFERENCES.get(judge, ())
    return next((each for each in differences if each.test == test and (not each.cases or case in each.cases)), None)
