"""What ECR works with, and moto gets wrong or lacks: IAM and Secrets Manager."""
