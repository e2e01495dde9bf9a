"""The images of a repository."""
