"""The tests of amitrio."""
