"""The fleet file: reading and writing it, and what makes one from files of other tools."""
