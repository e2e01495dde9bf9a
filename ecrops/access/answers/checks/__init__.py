"""Answers compared with what AWS says: in a message that denies access, and in its own simulator."""
