"""Numbers about a student; each measure is a plugin."""
