"""What commands about access take and show."""
