"""What a call is against the truth, in letters and words."""

OUTCOMES = {
    "TP": "true positive",
    "FP": "false positive",
    "FN": "false negative",
    "TN": "true negative",
}
