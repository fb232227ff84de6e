"""Marketplaces' Open APIs on 127.0.0.1: a real HTTP server over a world of listings.

For the demo, the tests of connectors and measurements: nothing leaves the machine, and the same seed with the
same requests gives the same answers. Start at `connectors.simulator.simulator.Simulator`.
"""
