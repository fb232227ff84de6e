"""An open-loop load: listings sent at times drawn beforehand, and what becomes of those that must be alerts.

`schedule` (when) and `stock` (what) are drawn first; `sender` sends, `follower` reads, `tally` holds both against each
other; what came of it is a `recording`, and `report` a pure function of that.
"""
