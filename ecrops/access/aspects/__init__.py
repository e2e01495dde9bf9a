"""The aspects of access: the repository policy, and the IAM policies of an identity."""
