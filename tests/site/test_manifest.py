from __future__ import annotations

import pandas as pd
import pytest

from osteohip.site.manifest import manifest_problems

FILMS = pd.DataFrame(
    {
        "sop_instance_uid": ["left", "pelvis", "unknown"],
        "side": ["L", "both", ""],
        "rows": [60, 60, 60],
        "columns": [80, 80, 80],
    }
)
Box = tuple[int | None, int | None, int | None, int | None]
NO_BOX: Box = (None, None, None, None)


@pytest.mark.parametrize(
    ("uid", "side", "box", "status", "reason", "found"),
    [
        ("left", "L", (0, 0, 80, 60), "cropped", "", []),
        ("left", "L", (79, 59, 80, 60), "cropped", "", []),
        ("left", "L", NO_BOX, "uncroppable", "blurred", []),
        ("pelvis", "R", (0, 0, 40, 60), "cropped", "", []),
        ("unknown", "R", (0, 0, 40, 60), "cropped", "", []),
        ("elsewhere", "R", (0, 0, 4000, 6000), "cropped", "", []),
        ("elsewhere", "R", (-1, 0, 40, 60), "cropped", "", [("x0", "-1")]),
        ("left", "L", (0, 0, 81, 60), "cropped", "", [("x1", "81")]),
        ("left", "L", (0, 0, 80, 61), "cropped", "", [("y1", "61")]),
        ("left", "L", (-1, -2, 80, 60), "cropped", "", [("x0", "-1"), ("y0", "-2")]),
        ("left", "L", (5, 7, 5, 7), "cropped", "", [("x1", "5"), ("y1", "7")]),
        ("left", "L", (9, 0, 5, 70), "cropped", "", [("x1", "5"), ("y1", "70")]),
        ("left", "R", (0, 0, 80, 60), "cropped", "", [("side", "R")]),
        ("left", "L", NO_BOX, "cropped", "", [(None, None)]),
        ("left", "L", (0, 0, None, 60), "cropped", "", [(None, None)]),
        ("left", "L", NO_BOX, "uncroppable", "", [("reason", None)]),
        ("left", "L", (0, 0, 80, 60), "uncroppable", "blurred", [(None, None)]),
        ("left", "R", (0, 0, 80, 99), "cropped", "", [("y1", "99"), ("side", "R")]),
    ],
)
def test_faults_of_a_row(
    uid: str,
    side: str,
    box: Box,
    status: str,
    reason: str,
    found: list[tuple[str | None, str | None]],
) -> None:
    cells = dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))
    row = {"row": 7, "sop_instance_uid": uid, "side": side, "status": status, "reason": reason}
    manifest = pd.DataFrame([row | cells]).astype(dict.fromkeys(cells, "Int64"))
    problems = manifest_problems(manifest, films=FILMS)
    assert [(p.column, p.value) for p in problems] == found
    assert all((p.file, p.row) == ("crops.csv", 7) for p in problems)
