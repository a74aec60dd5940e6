"""What a call is against the truth, in letters and words."""

OUTCOMES = {
    "TP": "true positive",
    "FP": "false positive",
    "FN": "false negative",
    "TN": "true negative",
}
# The calls by which maps are of two kinds: of the logit, and of the negated logit.
CALLS = {"positive": "called osteoporotic", "negative": "called not osteoporotic"}
