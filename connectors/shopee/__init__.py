"""Shopee's Open Platform, version 2: listings of the shops that authorised the app, and its pushes."""
