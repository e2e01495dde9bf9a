"""Which repositories are scanned, and when: ``registry.scanning``."""
