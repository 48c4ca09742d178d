"""What a user applies, and the lab."""
