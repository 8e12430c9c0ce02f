"""Empty workbooks that agencies fill in and send back: what the registry knows is already in them."""
