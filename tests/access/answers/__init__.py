"""Answers about access: who may do what with a repository, and why."""
