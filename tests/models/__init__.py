"""Events, replies and actions as values."""
