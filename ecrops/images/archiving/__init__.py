"""Moving images to the archive and back: ``choosing`` decides which, ``aspect`` how, ``verbs`` calls both."""
