"""What kdorch is compared with, each as its own users would write it."""
