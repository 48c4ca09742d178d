"""What a real Flagger did, played again on Spillway and compared."""
