"""What in a lifecycle policy is probably not meant: by its rules alone, and with images."""
