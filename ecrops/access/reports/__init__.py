"""Who can use what: the report on one repository, and the matrix of principals and many repositories."""
