"""What ``tools/train_clip.py`` is made of: pairs, augmentation, the loop, and figures."""
