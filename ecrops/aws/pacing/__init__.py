"""How many calls are in flight, and how many begin each second while AWS throttles: ``gate`` for ``client``."""
