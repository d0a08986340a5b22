"""Where a command computes."""

import torch


def find_device(name: str) -> torch.device:
    """Returns the device of a name.

    Args:
        name: `auto` for the accelerator of this machine if it has one, `cpu`, or the accelerator's name.

    Raises:
        ValueError: If there is no such device here.
    """
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    devices = {"cpu": torch.device("cpu")}
    if accelerator:
        devices[accelerator.type] = accelerator
    devices["auto"] = list(devices.values())[-1]
    if name not in devices:
        raise ValueError(f"--device {name}: allowed on this machine: {', '.join(sorted(devices))}")
    return devices[name]
