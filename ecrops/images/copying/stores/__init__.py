"""Where images are read from, and written to: by the API of ECR, or by the ``/v2`` of a registry."""
