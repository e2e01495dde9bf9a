"""A repository itself: its existence, settings and tags, and the calls that read it."""
