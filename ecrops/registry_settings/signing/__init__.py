"""What is signed when it is pushed, and with which profile: ``registry.signing``."""
