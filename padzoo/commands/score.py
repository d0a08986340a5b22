"""`padzoo score`: rewards of recorded trajectories, and the best of them as a new set."""

import json

import numpy as np
import torch
from rich.progress import track

from padzoo.commands.device import find_device
from padzoo.datamodules.judges import preference
from padzoo.datamodules.sets.shard_set import ShardSet
from padzoo.datamodules.sets.writer import ShardWriter
from padzoo.zoo import hub


def score(
    folder: str, reward: str, out: str, top: float = 1.0, preferences: str | None = None, device: str = "auto"
) -> None:
    """Rewards trajectories with a reward model and writes the best as a new set, with `rewards.json` for all of them.

    Args:
        folder: Folder of trajectories.
        reward: The reward model: a `.ckpt`, a folder of weights or a name of the zoo.
        out: Folder to make.
        top: Share of the trajectories to keep, over 0 and at most 1: those of the highest reward.
        preferences: Keep only trajectories that this file of preferences compares, as the paper does (Appendix C.4);
            `top` is then the share of these.
        device: Where the network computes: `cpu`, `cuda` and the like; `auto` is the accelerator if there is one.

    Raises:
        ValueError: If `top` is not allowed, or the preferences compare other trajectories.
    """
    if not 0 < top <= 1:
        raise ValueError(f"--top {top}: allowed: over 0 and at most 1")
    where = find_device(device)
    net = hub.load(reward, "reward").to(where)
    trajectories = ShardSet(folder)
    candidates = range(len(trajectories)) if preferences is None else _compared(trajectories, preferences)
    source = {
        "command": "score",
        "of": trajectories.manifest.fingerprint,
        "reward": hub.sha256(reward),
        "top": top,
        **({} if preferences is None else {"preferences": hub.sha256(preferences)}),
    }
    with ShardWriter(out, source=source) as writer:
        with torch.inference_mode():
            rewards = [
                float(net.reward([item.frames], [torch.from_numpy(item.actions).long().to(where)])[0])
                for item in track(trajectories, "scoring")
            ]
        if not np.isfinite(rewards).all():
            worst = trajectories.keys[int(np.argmin(np.isfinite(rewards)))]
            raise ValueError(f"--reward {reward}: its reward of trajectory {worst!r} is NaN or infinite")
        order = sorted(candidates, key=lambda row: -rewards[row])
        kept = sorted(order[: max(1, round(top * len(candidates)))])
        for row in kept:
            writer.write(trajectories.record(row))
        writer.attach("rewards.json", json.dumps(dict(zip(trajectories.keys, rewards, strict=True)), indent=1) + "\n")
    print(f"{len(kept)} of {len(trajectories)} trajectories in {out}")


def _compared(trajectories: ShardSet, file: str) -> list[int]:
    """Returns the rows of the trajectories that a file of preferences names."""
    keys = {key for found in preference.read(file) for key in (found.winner, found.loser)}
    if unknown := sorted(keys - trajectories.rows.keys()):
        raise ValueError(f"--preferences {file}: no trajectory {unknown[0]!r} in {trajectories.manifest.folder}")
    return sorted(trajectories.rows[key] for key in keys)
