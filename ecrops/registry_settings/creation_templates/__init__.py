"""What the repositories are like that ECR makes by itself: ``registry.creation_templates``."""
