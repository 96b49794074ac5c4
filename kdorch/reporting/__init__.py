"""The picture and the table of a study's front.

Knows the choosing room, pandas, numpy and matplotlib; never pyplot, so nothing here touches a user's figures.
"""
