"""What became of many registries: rows, plans, sums and reports, told once where they are the same. Pure."""
