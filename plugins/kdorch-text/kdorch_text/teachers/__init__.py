"""Models that read texts as they are."""
