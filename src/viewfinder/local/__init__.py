"""The one-machine runtime: emulator, engine and front door as processes."""
