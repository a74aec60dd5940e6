"""Which baselines there are, and how they are fitted and called."""

from __future__ import annotations

NETWORK = "network"
EVERYONE = "everyone_positive"
AGE, NO_PIXELS, THUMBNAIL = "age", "no_pixels", "thumbnail"
FITTED = (AGE, NO_PIXELS, THUMBNAIL)
BASELINES = (EVERYONE, *FITTED)
SCORERS = (NETWORK, *BASELINES)

FOLDS = 5
PENALTIES = tuple(10.0**k for k in range(-4, 3))
# The baselines are fitted to give probabilities: their calls part where both classes are as likely.
CALL_THRESHOLD = 0.5
# Pixels a side of the thumbnail: no trabecula is seen, shape and shades are.
SIDE = 16
# The method of what is undefined.
NO_METHOD = "none"
