import pytest

from osteohip.config import Network
from osteohip.errors import StudyError
from osteohip.explanation.layers import chosen_layers
from osteohip.model.network import build_network

BOTH = ["last_convolution", "before_non_local"]


@pytest.mark.parametrize(
    ("block", "names", "expected"),
    [
        ("block4", BOTH, {"block5_conv3": BOTH[0], "block4_pool": BOTH[1]}),
        ("block1", BOTH, {"block5_conv3": BOTH[0], "block1_pool": BOTH[1]}),
        ("block5", BOTH, {"block5_conv3": BOTH[0], "block5_pool": BOTH[1]}),
        ("block4", ["block2_conv1"], {"block2_conv1": "block2_conv1"}),
        ("block4", ["block5_conv3", BOTH[0]], {"block5_conv3": "block5_conv3"}),
        ("block4", BOTH[::-1], {"block4_pool": BOTH[1], "block5_conv3": BOTH[0]}),
    ],
)
def test_layers_are_found_in_the_order_asked(block, names, expected):
    network = build_network(Network(width=0.03, non_local_after=block), size=32)
    found = chosen_layers(network, names)
    assert (list(found.asked.items()), found.left_out) == (list(expected.items()), {})


def test_a_network_without_block_has_no_layer_before_it():
    network = build_network(Network(width=0.03, non_local_after=None), size=32)
    found = chosen_layers(network, BOTH)
    assert found.asked == {"block5_conv3": "last_convolution"}
    assert found.left_out == {"before_non_local": "the network has no non-local block"}
    with pytest.raises(StudyError, match="expected another layer too"):
        chosen_layers(network, BOTH[1:])
