"""What people do in a browser, without server or network: mark crops, and judge heat maps."""
