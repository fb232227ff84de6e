"""Lazada's Open Platform: listings of the sellers that authorised the app, and its pushes."""
