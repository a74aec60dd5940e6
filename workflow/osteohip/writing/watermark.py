"""One watermark, in figures and on every page of every format: that data are synthetic."""

from __future__ import annotations

from osteohip.writing.wording import Markdown

COLOUR = "#B00020"
# Counter-clockwise, from the reading direction.
DEGREES = 30
FIGURE_OPACITY = 0.11
PAGE_OPACITY = 0.07


def page_markdown(mark: str) -> Markdown:
    """Return the watermark of a page that scrolls; nothing without a mark.

    It is drawn by the style and hidden from screen readers, which meet the same words in banner and
    captions.
    """
    if not mark:
        return Markdown("")
    return Markdown(f'::: {{.watermark aria-hidden="true" data-mark="{mark}"}}\n:::\n\n')
