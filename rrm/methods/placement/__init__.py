"""Methods for placing platforms and serving users from them."""
