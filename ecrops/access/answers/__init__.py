"""Answers about access: who may do what with a repository, by every policy, and why."""
