"""From a film to the crop that the network sees."""
