"""Setting and removing the tags of images."""
