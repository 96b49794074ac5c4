"""Texts, cut into blocks."""
