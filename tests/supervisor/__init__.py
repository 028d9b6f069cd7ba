"""The tests of the client that stays connected."""
