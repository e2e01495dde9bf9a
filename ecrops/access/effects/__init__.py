"""What a plan does to access: who gains and loses what, by all policies before and after it."""
