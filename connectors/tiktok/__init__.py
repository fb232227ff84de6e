"""TikTok Shop's Open API, and through its listing platforms Tokopedia: listings, and its pushes."""
