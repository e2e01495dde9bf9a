"""The settings of a registry, as the emulator has them."""
