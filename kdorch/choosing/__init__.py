"""Choosing a student: the Pareto front, rules that pick from it, and means over seeds.

Pure functions over a DataFrame of trials, one row per complete trial. The trial's number is the column
``trial`` or else the index; metrics are columns named like ``val/accuracy`` and ``size/params``. Objectives
map a metric to ``"max"`` or ``"min"``; the first is the quality, the others are costs or further qualities.

Knows pandas, numpy and scipy, and nothing of the rest of the house but its errors and ``Direction``.
"""
