"""The settings of an account in a region, by name: ``registry.account_settings``."""
