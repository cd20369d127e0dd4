"""The look for spikes, once a minute: what is read from the store for it, and what follows."""
