"""What a lifecycle policy does to images."""
