"""What an auditor looks for in the policies of a registry: statement by statement, and by what they decide together."""
