"""The command line: the tutorial's main job, and training on real images."""
