"""Copying images to another repository, with identical digests."""
