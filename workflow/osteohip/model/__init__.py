"""The network: VGG16 with a non-local block, its preprocessing, training and prediction."""
