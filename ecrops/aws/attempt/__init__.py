"""One attempt of a call: how it is sent, what of it nobody may see, and what its answer is looked at for."""
