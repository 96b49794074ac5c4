"""The network: x-transformers' own, and around it what kdorch expects of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn
from x_transformers import Encoder, ViTransformerWrapper

import kdorch

if TYPE_CHECKING:
    from kdorch_x_transformers import XTransformer


class Vision(nn.Module):
    """Images to logits, and to maps of two of its blocks.

    Args:
        spec: Its size.
        channels: Of the images.
        side: Of the images, in pixels.
        outputs: Logits per row.
    """

    def __init__(self, spec: XTransformer, channels: int, side: int, outputs: int) -> None:
        super().__init__()
        self.patches = side // spec.patch
        encoder = Encoder(
            dim=spec.width,
            depth=spec.depth,
            heads=spec.heads,
            # Theirs is 64 unless told, whatever the width: a head as wide as a large model's in a tiny one.
            attn_dim_head=spec.width // spec.heads,
            ff_mult=spec.expansion,
        )
        self.network = ViTransformerWrapper(
            image_size=side,
            patch_size=spec.patch,
            channels=channels,
            num_classes=outputs,
            attn_layers=encoder,
        )
        # Each block is two layers, attention and feed-forward; a layer's third module adds it to the stream.
        paths = {"early": "attn_layers.layers.1.2", "late": f"attn_layers.layers.{2 * spec.depth - 1}.2"}
        kdorch.Taps(paths).attach(self.network)

    def forward(self, images: Tensor) -> kdorch.Output:
        """Return logits (rows, outputs) and maps (rows, width, patches, patches)."""
        output = self.network(images)
        return kdorch.Output(
            output.logits, {name: self._map(tokens) for name, tokens in output.features.items()}
        )

    def _map(self, tokens: Tensor) -> Tensor:
        """Turn (rows, tokens, width), as transformers have it, to channels first, as losses on maps do."""
        return tokens.transpose(1, 2).unflatten(2, (self.patches, self.patches))
