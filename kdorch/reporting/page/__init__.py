"""A study's page: one HTML file that needs no network, made of sections, made of blocks.

Pictures are drawn by matplotlib and put into the page as SVG in its colours: they are light or dark with
it, sharp in print, and have links that a keyboard reaches. The page can be read without its script.
"""
