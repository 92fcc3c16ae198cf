"""How fast the hot paths are, each as a ratio to bare SQL or a bare server in the same run: machines are noisy."""
