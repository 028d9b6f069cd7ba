"""The ground: text, headers, credentials, limits, errors."""
