"""Principals: whoever can be granted something, as values that check themselves. Pure."""
