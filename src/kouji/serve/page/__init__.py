"""The web page: the same hall as every other door, for people. Needs `pip install 'kouji[ui]'`."""
