"""Where layers are: behind the API of ECR, which reads and writes them, and behind ``/v2``, which mounts them."""
