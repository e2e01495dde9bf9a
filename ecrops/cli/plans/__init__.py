"""What a command that writes does with its plan: ``approval`` says what was agreed to, ``applying`` makes it."""
