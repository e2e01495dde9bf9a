"""Moving images to the archive, and restoring them."""
