"""Pure, from fingerprints to alerts."""
