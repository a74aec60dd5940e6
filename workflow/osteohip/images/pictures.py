"""Films and crops as pictures for the eye, bone bright."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset

from osteohip.images.pixels import bone_bright, valid_pixels
from osteohip.site.film import decode, read_dataset

# Wide enough that dense cortex is not flattened; the page has brightness and contrast.
PERCENTILES = (0.5, 99.5)


def film_picture(content: bytes) -> bytes:
    """Return a film as a grey PNG of 8 bits, one pixel for each of the stored matrix.

    Shown as `shown_film` does.

    Parameters
    ----------
    content
        The bytes of the DICOM file.

    Raises
    ------
    RefusedError, ValueError
        As for a crop: where it cannot be decoded, or its LUTs or polarity are not clear.
    """
    return encode_grey(shown_film(read_dataset(content)))


def shown_film(dataset: Dataset) -> npt.NDArray[np.uint8]:
    """Return a film as 0 to 255, shape (rows, columns).

    Black and white are two percentiles of the pixels that are image; padding and overlays do not
    count for them. Bone is made bright as for the crops, before any VOI.

    Raises
    ------
    RefusedError, ValueError
        As for a crop: where it cannot be decoded, or its LUTs or polarity are not clear.
    """
    stored = decode(dataset)
    values = bone_bright(stored, dataset, voi=False)
    return windowed(values, valid_pixels(stored, dataset))


def windowed(
    values: npt.NDArray[np.float64], valid: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """Return ``values`` (rows, columns) as 0 to 255 between two percentiles of the valid ones.

    Where nothing is valid all pixels count; a picture of one value is black.
    """
    low, high = np.percentile(values[valid] if valid.any() else values, PERCENTILES)
    scaled = (values - low) * (255 / (high - low) if high > low else 0)
    picture: npt.NDArray[np.uint8] = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    return picture


def encode_grey(picture: npt.NDArray[np.uint8]) -> bytes:
    """Return a picture (rows, columns) as a lossless grey PNG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "PNG")
    return stream.getvalue()
