"""VGG16's convolutions, as numbers; imported where Keras is not."""

# Simonyan and Zisserman 2015, configuration D: channels of the convolutions of each block.
VGG16_BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def scaled(channels: int, width: float) -> int:
    """Return the channels of a convolution of ``channels`` in a network of that width."""
    return max(1, round(channels * width))
