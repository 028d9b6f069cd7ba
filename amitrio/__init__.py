"""amitrio."""
