"""What is served beside the API: the layers of download URLs, and the registry, ``/v2``."""
