"""Small networks that read ids of tokens."""
