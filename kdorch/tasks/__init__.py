"""Learning problems that come with kdorch."""
