"""The command ``ecrops``: a thin face on the verbs of the library.

``main`` reads the arguments, runs one command, and turns errors into exit codes. Each command is a function in a module
of ``commands``: it makes one call of the library, and shows the result. Nothing here decides what AWS is asked to do.

Whatever a command needs is imported when it runs: ``ecrops --help`` does not wait for boto3.
"""
