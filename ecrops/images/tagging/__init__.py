"""Setting and removing the tags of images: ``setting`` and ``removing`` are the aspects, ``verbs`` calls them."""
