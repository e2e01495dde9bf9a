"""What an EventBridge rule invokes, and the resource policies that let it."""
