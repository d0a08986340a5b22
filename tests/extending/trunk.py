"""A trunk of one's own: a recurrent network. `padzoo fit --model.trunk trunk.GRU ...`."""

from torch import Tensor, nn

from padzoo.zoo.nets.trunk import Trunk


class GRU(Trunk):
    """Gated recurrent layers in the place of the transformer; `heads` is not used."""

    def __init__(self, layers: int, width: int, heads: int, context: int) -> None:
        super().__init__(layers, width, heads, context)
        self.layers = nn.GRU(width, width, layers, batch_first=True)
        self.norm = nn.LayerNorm(width)

    def forward(self, embeddings: Tensor) -> Tensor:
        """Reads windows `(B, T, D)` from their start; acting follows from this."""
        outputs, _ = self.layers(embeddings)
        features: Tensor = self.norm(outputs)
        return features
