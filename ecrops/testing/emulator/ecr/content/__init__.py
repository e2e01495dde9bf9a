"""What images are made of: layers and manifests, by the API. The rules are AWS's, and each has its source."""
