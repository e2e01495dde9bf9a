"""What IAM would decide, from policies that are at hand. Pure: it calls nothing, and knows no service of AWS.

``decide`` is the way in. A **question** is about one caller, some actions, and a universe of resources::

    policies ──compile──► statements ──naming, conditions, patterns──► votes ──decide──► a ruling for each action

Each statement **votes**: it allows or denies, on which resources of the universe (its extent), and on what that
depends. The ruling combines the votes as IAM does: a denial wins, then the union of what identity and resource policies
allow within an account, or both of them across accounts; a boundary limits what identity policies allow.

An answer has three values. What nobody can know from the policies, such as the network of a caller, is *not known*, and
so is what depends on it. Two unknown parts are never weighed against each other.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and the pages named
in each module.
"""
