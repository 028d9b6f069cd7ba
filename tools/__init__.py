"""Tools that build and check amitrio; no part of the installed package."""
