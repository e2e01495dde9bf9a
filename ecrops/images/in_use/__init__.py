"""Which images are used, and what must stay because of that."""
