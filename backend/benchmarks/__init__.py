"""What is measured, against what, with one command each; results are ratios from one run on one machine."""
