"""The settings of a registry, as this project reads the model and the guide: one file for each setting."""
