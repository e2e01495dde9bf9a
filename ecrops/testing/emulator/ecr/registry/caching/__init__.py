"""Repositories that ECR makes by itself: pull-through cache rules, creation templates, and what both take to work."""
