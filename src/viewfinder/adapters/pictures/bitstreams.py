"""How large the frames of AV1 and HEVC data are: sequence headers and parameter sets, read bit by bit.

AV1 Bitstream and Decoding Process Specification, 5.3 and 5.5; ITU-T H.265, 7.3.2.2.
"""

from __future__ import annotations

from collections.abc import Iterator

_MAX_UNITS = 10_000


def largest_frame(data: bytes, kind: bytes) -> int:
    """Return the pixels of the largest frame that coded data of this kind (an item's type) announces."""
    if kind == b"av01":
        return max((_av1_frame(unit) for unit in _av1_units(data)), default=0)
    return max((hevc_frame(unit) for unit in _hevc_units(data)), default=0) if kind == b"hvc1" else 0


def _av1_units(data: bytes) -> Iterator[bytes]:
    """Walk over the open bitstream units, and yield the sequence headers."""
    position = 0
    for _ in range(_MAX_UNITS):
        if position >= len(data):
            return
        header, position = data[position], position + 1 + (data[position] >> 2 & 1)
        size = len(data) - position
        if header & 2:
            size = shift = 0
            while shift < 56:
                byte, position = data[position], position + 1
                size |= (byte & 127) << shift
                shift += 7
                if not byte & 128:
                    break
        if header >> 3 & 15 == 1:
            yield data[position : position + min(size, 256)]
        position += size


def _hevc_units(data: bytes) -> Iterator[bytes]:
    position = 0
    for _ in range(_MAX_UNITS):
        if position + 4 > len(data):
            return
        size = int.from_bytes(data[position : position + 4], "big")
        yield data[position + 4 : position + 4 + min(size, 512)]
        position += 4 + size


class _Bits:
    """Reads numbers of so many bits."""

    def __init__(self, data: bytes) -> None:
        self._bits, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("a header ends before its fields do")
        return self._bits >> self._left & ((1 << count) - 1)

    def exponential(self) -> int:
        """Read an Exp-Golomb number (H.265, 9.2), which is also AV1's uvlc."""
        zeros = 0
        while zeros < 32 and not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def _av1_frame(data: bytes) -> int:
    bits = _Bits(data)
    bits.take(4)
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    return (bits.take(width_bits) + 1) * (bits.take(height_bits) + 1)


def _skip_operating_points(bits: _Bits) -> None:
    delay = 0
    if bits.take(1):  # timing_info_present_flag
        bits.take(64)
        if bits.take(1):
            bits.exponential()
        if bits.take(1):  # decoder_model_info_present_flag
            delay = bits.take(5) + 1
            bits.take(42)
    has_initial_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay and bits.take(1):
            bits.take(2 * delay + 1)
        if has_initial_delay and bits.take(1):
            bits.take(4)


def hevc_frame(unit: bytes) -> int:
    """Return the pixels of a frame, if the unit is a sequence parameter set; 0 for another."""
    if len(unit) < 3 or unit[0] >> 1 & 63 != 33:  # a sequence parameter set
        return 0
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(97)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.exponential()
    if bits.exponential() == 3:
        bits.take(1)
    return bits.exponential() * bits.exponential()
