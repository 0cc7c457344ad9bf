"""Build the function packages, and deploy the stack to AWS or the emulator."""
