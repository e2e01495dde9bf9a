"""What a lifecycle policy says. Pure."""
