"""Which devices training can run on."""

from __future__ import annotations

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
