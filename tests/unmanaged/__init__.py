"""What is there and in no spec: found, removed as it was found, and pruned with an ensure."""
