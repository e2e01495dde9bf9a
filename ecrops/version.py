"""The version, where both the package's metadata and its user agent read it."""

__version__ = "0.2.0"
