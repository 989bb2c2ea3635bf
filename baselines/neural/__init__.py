"""What the trained baselines share: the training loop, checkpoints, decoding, words and ids."""
