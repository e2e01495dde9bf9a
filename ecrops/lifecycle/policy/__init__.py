"""Lifecycle policies as documents: rules, checks, canonical form, words. Pure."""
