"""Lists of links as authorities hand them over: sheets, tables, e-mail and text, read within limits."""
