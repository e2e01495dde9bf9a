"""The work of each registry as data, and how it runs on an executor."""
