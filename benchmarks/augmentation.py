"""Where to augment: in the workers, or in batch in the process that trains. `python benchmarks/augmentation.py FOLDER`.

Prints frames a second through training steps of a policy, with one worker that reads, and their ratio.
"""

import sys
import time
from itertools import islice
from statistics import median

import torch
import torch.nn.functional as F

from padzoo.core.provenance import origin
from padzoo.datamodules import Demonstrations
from padzoo.datamodules.augment import Augment
from padzoo.datamodules.windows import Batch
from padzoo.zoo.nets.policy import Policy

STEPS = 40
ROUNDS = 5


class Training:
    """Training steps of one policy on batches that were augmented before or are augmented here.

    Args:
        folder: A set of shards.
        size: The policy's size.
        device: Where it trains.
        here: Augment in the training process, on its device.
    """

    def __init__(self, folder: str, size: str, device: str, here: bool) -> None:
        data = Demonstrations(folder, workers=1, augment=not here, val_fraction=0.0, batch_size=16)
        self.batches = iter(data.train_dataloader())
        self.policy = Policy(size).to(device)
        self.optimizer = torch.optim.AdamW(self.policy.parameters())
        self.device = device
        self.augment = Augment() if here else None
        self.step(next(self.batches))

    def step(self, batch: Batch) -> None:
        """Takes one training step."""
        frames = batch["frames"].to(self.device)
        if self.augment is not None:
            frames = self.augment(frames, range(len(frames)))
        with torch.autocast(self.device, dtype=torch.bfloat16):
            logits = self.policy(frames)
        loss = F.mse_loss(logits.float(), torch.zeros_like(logits, dtype=torch.float32))
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()

    def rate(self) -> float:
        """Frames a second over some steps."""
        start = time.perf_counter()
        frames = 0
        for batch in islice(self.batches, STEPS):
            self.step(batch)
            frames += batch["mask"].numel()
        if self.device != "cpu":
            torch.cuda.synchronize()
        return frames / (time.perf_counter() - start)


if __name__ == "__main__":
    torch.set_num_threads(1)
    size = sys.argv[2] if len(sys.argv) > 2 else "tiny"
    device = "cuda" if torch.cuda.is_available() else "cpu"
    workers, here = Training(sys.argv[1], size, device, here=False), Training(sys.argv[1], size, device, here=True)
    rounds = [(workers.rate(), here.rate()) for _ in range(ROUNDS)]
    print(f"## Augmentation\n\n{origin()}")
    print(f"`python benchmarks/augmentation.py FOLDER {size}`, {ROUNDS} rounds of {STEPS} steps each\n")
    print("| augmented in | frames/s |\n| --- | --- |")
    print(f"| one worker | {median(one for one, _ in rounds):,.0f} |")
    print(f"| the training process | {median(two for _, two in rounds):,.0f} |")
    ratios = [one / two for one, two in rounds]
    print(f"\nThe worker is {median(ratios):.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f}).")
