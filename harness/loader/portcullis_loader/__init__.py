"""What the Python loader is made of; tensors.py also serves the checkpoint makers."""
