"""Deleting images, with what belongs to them and nothing else: ``aspect`` decides, ``verbs`` calls it."""
