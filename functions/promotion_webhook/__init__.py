"""A promotion, as a signed webhook, becomes a CloudEvent."""
