"""Data prepared once, and the teacher made ready once; both stored by content."""
