"""MiniStack, the emulator of AWS: how it is installed, started and resumed."""
