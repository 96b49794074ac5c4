"""Small networks that read ids of tokens."""

TASKS = {"classification", "multilabel", "regression"}  # those with one answer for a text
