"""The command ``ecrops``: one call of the library for each of its commands."""
