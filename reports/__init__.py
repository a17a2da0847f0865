"""What people see: verdicts in, text out."""
