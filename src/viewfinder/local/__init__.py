"""The one-machine runtime: emulator, engine and gallery as processes."""
