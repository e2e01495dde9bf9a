"""The role that ecrops needs in each account: its least policy, and whom it trusts."""
