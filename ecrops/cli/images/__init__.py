"""Images in the words of the command: ``selections`` has the options, ``showing`` the results."""
