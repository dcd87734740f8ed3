"""What `make bench` measures. Ratios within one run count; single times on a shared machine do not."""
