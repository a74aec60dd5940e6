"""What people do in a browser, without server or network: mark crops."""
