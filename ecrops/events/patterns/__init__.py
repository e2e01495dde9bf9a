"""Which events an EventBridge rule matches. Pure."""
