"""What readers of the maps are asked."""

QUESTION = "Does the heat follow the cortex and the trabeculae of the proximal femur?"
