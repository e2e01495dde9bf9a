"""Setting and removing the tags of images: ``setting`` and ``removing`` are the aspects, ``wants`` makes edits."""
