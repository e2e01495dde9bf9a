"""The question whether somebody can do something with a repository: who, what, and what is known of the request."""
