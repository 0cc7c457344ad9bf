"""Builds the function packages and deploys the stack, to AWS and to the emulator alike."""
