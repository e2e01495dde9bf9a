"""Who may do what: principals, grants, and the policies that they are written in."""
