"""Sound that is made, not recorded: synthetic speech, noises, and scenes of both."""
