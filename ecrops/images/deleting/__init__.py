"""Deleting images, never breaking what stays."""
