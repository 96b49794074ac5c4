"""From bytes to ids of tokens, in tensor operations that travel inside the shipped model."""
