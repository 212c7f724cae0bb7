"""Which devices training can run on, and what they are quick at."""

from __future__ import annotations

from functools import cache

import torch

from heartsay.errors import InputError


def check_device(name: str) -> None:
    """Refuse a device that torch does not know or has no access to, before anything is read.

    Raises:
        InputError: it is such a device.
    """
    try:
        torch.zeros(1, device=name).item()
    except (RuntimeError, AssertionError, NotImplementedError):
        raise InputError(
            expected="a device that torch can compute on here",
            found=repr(name),
            where="--device",
            do="give cpu, or cuda or mps on a machine that has it",
        ) from None


@cache
def knows_bfloat16() -> bool:
    """Whether the processor multiplies 16-bit numbers itself; others are four times as slow with them."""
    able = torch.cpu.get_capabilities()
    return any(bool(able.get(name)) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def in_16_bits(wanted: bool, device: str = "cpu") -> torch.autocast:
    """A context in which matrices are multiplied as bfloat16, if that is wanted and the device knows how."""
    return torch.autocast(device, torch.bfloat16, enabled=wanted and (device != "cpu" or knows_bfloat16()))
