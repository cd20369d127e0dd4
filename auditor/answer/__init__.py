"""What comes back: replies, bounces and requests to stop, and how often. Pure; headers only."""
