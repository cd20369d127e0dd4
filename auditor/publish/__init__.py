"""What is shown: metrics for Prometheus, and pages for people. Both read immutable snapshots."""
