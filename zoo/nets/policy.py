"""The policy: pixels to gamepad logits through an image encoder, a trunk and an MLP."""

import difflib
from dataclasses import dataclass
from typing import Any, Final, cast

import torch
from torch import Tensor, nn

from padzoo.core.gamepad import SIZES as COMPONENT_SIZES
from padzoo.zoo.nets.encoder import build_encoder
from padzoo.zoo.nets.gamepad_distribution import LOGITS
from padzoo.zoo.nets.trunk import TRUNKS

CONTEXT: Final = 32
WINDOWS: Final = 128  # windows a batch in `features`: 128 x 32 x 1024 floats are 17 MB


@dataclass(frozen=True)
class Size:
    """What a preset fixes: pixels, encoder channels, shape of the trunk, hidden width of the head."""

    image_size: int
    channels: int
    layers: int
    width: int
    heads: int
    hidden: int


SIZES: Final = {  # paper: 103M in Appendix C.1, 4M and 25M in Appendix E.1; tiny and less are for two CPU cores
    "pico": Size(image_size=64, channels=2, layers=1, width=32, heads=1, hidden=64),  # 31,384 parameters
    "nano": Size(image_size=64, channels=4, layers=1, width=64, heads=2, hidden=128),  # 109,052
    "tiny": Size(image_size=64, channels=8, layers=2, width=128, heads=4, hidden=256),  # 601,716
    "4m": Size(image_size=128, channels=16, layers=4, width=256, heads=4, hidden=1024),  # 4,348,068
    "25m": Size(image_size=128, channels=16, layers=8, width=512, heads=8, hidden=1024),  # 26,941,348
    "103m": Size(image_size=128, channels=16, layers=8, width=1024, heads=8, hidden=1024),  # 102,508,964
}


class Policy(nn.Module):
    """A policy over gamepad actions given the last frames (Section 3.2, Appendix C.1).

    Args:
        size: Preset: `pico`, `nano`, `tiny`, `4m`, `25m` or `103m`.
        encoder: `convnext` (the paper's), `timm/<backbone>`, any backbone of timm, or the dotted path of an `Encoder`.
        past_actions: Whether a step also sees the actions taken before it in the window, each embedded and added to
            the frame that followed it. The paper's formula (Section 3.2) conditions on them, its Appendix C names no
            such input, and the parameter counts match without.
        context: Frames that a step sees at most, its own among them; 32 in the paper.
        trunk: `gpt2` (the paper's), `streaming` or the dotted path of a `Trunk`.

    Raises:
        ValueError: If the size, the encoder or the trunk is unknown, or the context is not 1 or more.
    """

    def __init__(
        self,
        size: str = "tiny",
        encoder: str = "convnext",
        past_actions: bool = False,
        context: int = CONTEXT,
        trunk: str = "gpt2",
    ) -> None:
        super().__init__()
        if context < 1:
            raise ValueError(f"context {context}: allowed: 1 or more frames")
        shape = SIZES.get(size)
        if shape is None:
            near = difflib.get_close_matches(str(size).lower(), SIZES, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(f"size {size!r} is not known; {hint}allowed: {', '.join(SIZES)}")
        self.config: dict[str, Any] = {
            "size": size,
            "encoder": encoder,
            "past_actions": past_actions,
            "context": context,
        }
        if trunk != "gpt2":  # the descriptions of earlier weights do not name it
            self.config["trunk"] = trunk
        self.image_size, self.width, self.context = shape.image_size, shape.width, context
        self.past_actions = past_actions
        self.encoder = build_encoder(encoder, shape.image_size, shape.channels)
        matches = self.encoder.dim == shape.width
        self.projection = nn.Identity() if matches else nn.Linear(self.encoder.dim, shape.width)
        self.trunk = TRUNKS.find(trunk)(shape.layers, shape.width, shape.heads, context)
        self.head = nn.Sequential(nn.Linear(shape.width, shape.hidden), nn.GELU(), nn.Linear(shape.hidden, LOGITS))
        for parameter in self.head.parameters():  # small logits: every action is about as likely at the start
            nn.init.normal_(parameter, std=0.02) if parameter.dim() == 2 else nn.init.zeros_(parameter)
        if past_actions:
            self.action_embedding = nn.Embedding(LOGITS, shape.width)
            nn.init.normal_(self.action_embedding.weight, std=0.02)
            offsets = torch.tensor([sum(COMPONENT_SIZES[:i]) for i in range(len(COMPONENT_SIZES))], device="cpu")
            self.action_offsets: Tensor
            self.register_buffer("action_offsets", offsets, persistent=False)

    def start(self, rows: int) -> Tensor:
        """Returns what `step` is to remember of new episodes, in the policy's precision and on its device.

        Args:
            rows: How many.

        Returns:
            Zeros, `(rows, *trunk.memory)`; a row that starts another episode need not be cleared.
        """
        return self._weight.new_zeros(rows, *self.trunk.memory)

    def embed(self, frames: Tensor) -> Tensor:
        """Embeds frames one by one; an embedding never changes, so acting keeps them.

        Args:
            frames: Pixels, uint8, `(..., S, S, 3)` with S the policy's `image_size`.

        Returns:
            Embeddings, `(..., D)`.

        Raises:
            ValueError: If the frames have another size.
        """
        if frames.shape[-3:] != (self.image_size, self.image_size, 3):
            found, allowed = (
                " x ".join(map(str, s)) for s in (frames.shape[-3:], (self.image_size, self.image_size, 3))
            )
            raise ValueError(f"frames of {found}: a policy of size {self.config['size']!r} sees {allowed}")
        flat = frames.reshape(-1, *frames.shape[-3:]).permute(0, 3, 1, 2)  # (N, 3, S, S), channels_last as it lies
        images = flat.to(self._weight.dtype).div_(255)
        embeddings: Tensor = self.projection(self.encoder(images))
        return embeddings.reshape(*frames.shape[:-3], self.width)

    def join(self, embeddings: Tensor, actions: Tensor | None) -> Tensor:
        """Adds to every frame but a window's first the action that was taken before it, if the policy sees actions.

        Args:
            embeddings: Frame embeddings of windows, `(B, T, D)`.
            actions: Actions chosen at these frames, int64, `(B, T, 16)` (the last step's is not looked at); None for
                a policy without past actions, which ignores them.

        Returns:
            The trunk's input, `(B, T, D)`.
        """
        if not self.past_actions:
            return embeddings
        assert actions is not None, "this policy sees past actions: give them"
        vectors = self.action_embedding(actions[:, :-1] + self.action_offsets).sum(-2)  # (B, T - 1, D)
        return torch.cat([embeddings[:, :1], embeddings[:, 1:] + vectors], dim=1)

    def last(self, embeddings: Tensor, lengths: Tensor, actions: Tensor | None = None) -> Tensor:
        """Computes the features of the last step of each window, which is all that acting needs.

        Args:
            embeddings: Frame embeddings, `(B, T, D)`, rows shorter than T padded on the right with finite values.
            lengths: Steps in each window, 1 to T, `(B,)`.
            actions: As for `join`, padding within the action space.

        Returns:
            Features at step `lengths - 1`, `(B, D)`.
        """
        return self.trunk.last(self.join(embeddings, actions), lengths)

    def step(
        self, embeddings: Tensor, memory: Tensor, rows: Tensor, lengths: Tensor, previous: Tensor | None = None
    ) -> Tensor:
        """Computes the features of the next step of episodes, from what is remembered of those before.

        Args:
            embeddings: Embeddings of the next frames, `(B, D)`.
            memory: What is remembered of all rows, as `start` returns it; written to.
            rows: Which rows, `(B,)`.
            lengths: Steps of each episode, these included, `(B,)`; at most the context unless the trunk streams.
            previous: Actions chosen at the step before, int64, `(B, 16)`, for a policy with past actions; where there
                was none, any within the action space.

        Returns:
            Features, `(B, D)`.
        """
        if self.past_actions:
            assert previous is not None, "this policy sees past actions: give them"
            vectors = self.action_embedding(previous + self.action_offsets).sum(-2)  # (B, D)
            embeddings = embeddings + vectors * (lengths > 1)[:, None]
        return self.trunk.step(embeddings, memory, rows, lengths)

    def forward(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Computes the action logits of every step of windows.

        Args:
            frames: Pixels, uint8, `(B, T, S, S, 3)`, T at most the context unless the trunk streams.
            actions: Actions chosen at these frames, int64, `(B, T, 16)`; only looked at with `past_actions`, and a
                step sees only those before it.

        Returns:
            Logits, `(B, T, 68)`.

        Raises:
            ValueError: If the windows are longer than the context, or the frames have another size.
        """
        if frames.shape[1] > self.context and not self.trunk.streams:
            raise ValueError(f"windows of {frames.shape[1]} steps: this policy's context is {self.context}")
        logits: Tensor = self.head(self.trunk(self.join(self.embed(frames), actions)))
        return logits

    def features(self, embeddings: Tensor, actions: Tensor | None = None, start: int = 0) -> Tensor:
        """Computes one episode's features as acting sees them: step t through the `context` steps that end with it.

        Args:
            embeddings: Frame embeddings of the episode, `(T, D)`.
            actions: Actions chosen at these frames, int64, `(T, 16)`, for a policy with past actions.
            start: First step whose features are wanted.

        Returns:
            Features of steps `start` to T - 1, `(T - start, D)`.
        """
        head = max(start + 1 - self.reach, 0)  # the first step that bears on what is wanted
        first = len(embeddings) if self.trunk.streams else head + self.context
        chosen = None if actions is None else actions[None, head:first]
        parts = [self.trunk(self.join(embeddings[None, head:first], chosen))[0, start - head :]]
        for step in range(first, len(embeddings), WINDOWS):
            stop = min(step + WINDOWS, len(embeddings))
            ends = torch.arange(step + 1, stop + 1, device=embeddings.device)
            index = ends[:, None] + torch.arange(-self.context, 0, device=embeddings.device)  # (B, 32)
            full = ends.new_full((len(ends),), self.context)
            parts.append(self.last(embeddings[index], full, None if actions is None else actions[index]))
        return torch.cat(parts)

    def window_features(self, frames: Tensor, actions: Tensor | None = None) -> Tensor:
        """Computes one episode's features from its frames, each embedded once; see `features`.

        Args:
            frames: Pixels, uint8, `(T, S, S, 3)`.
            actions: Actions chosen at these frames, int64, `(T, 16)`, for a policy with past actions.

        Returns:
            Features, `(T, D)`.
        """
        return self.features(self.embed(frames), actions)

    @property
    def reach(self) -> int:
        """How many steps bear on a step's features: those that it sees, and the one whose action came before them."""
        return self.context + (self.past_actions and self.trunk.streams)  # a window leaves that action out

    @property
    def _weight(self) -> Tensor:
        """A weight: it has the precision and the device of all."""
        return cast(nn.Linear, self.head[0]).weight
