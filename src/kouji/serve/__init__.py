"""The server: the doors that other programs knock at. Needs `pip install 'kouji[serve]'`."""
