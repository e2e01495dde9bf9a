"""The language of IAM's policy documents. Pure: nothing here calls AWS or knows what a repository is."""
