import pytest

from osteohip.writing.commands import told, told_content

NAMES = {"/data/asan": "SITE:asan", "busan": "SITE:busan", "../KIM 2/w.h5": "WEIGHTS"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("osteohip a --site /data/asan/x", "osteohip a --site SITE:asan/x"),
        ("osteohip a --site /data/asan2", "osteohip a --site PATH"),
        ("osteohip a --out /srv/b.csv 'c'", "osteohip a --out PATH c"),
        ("osteohip a --share 1/2 --url https://a.org/b",) * 2,
        ('osteohip a --at "/srv/c d"', "osteohip a --at PATH"),
        ("osteohip a '--at=/srv/c d' > results/a.log 2>&1",
         "osteohip a --at=PATH > results/a.log 2>&1"),
        ("osteohip a --at ../KIM_MINSU/readings", "osteohip a --at PATH"),
        ("osteohip a --site busan --out-dir results/sites/busan",
         "osteohip a --site SITE:busan --out-dir results/sites/busan"),
        ("""osteohip a --settings '{"n":1,"w":{"path":"../KIM 2/w.h5"}}'""",
         """osteohip a --settings '{"n":1,"w":{"path":"WEIGHTS"}}'"""),
        ("""osteohip a --settings '["/srv/c d",2.5,"여"]'""",
         """osteohip a --settings '["PATH",2.5,"여"]'"""),
    ],
)  # fmt: skip
def test_a_command_names_no_place_outside_the_study(command, expected):
    assert told(command, NAMES) == expected


def test_settings_name_no_place_either():
    content = {"runs": {"a": {"path": "../KIM 2/w.h5"}}, "seed": 1, "of": ["/srv/b", None]}
    assert told_content(content, NAMES) == {
        "runs": {"a": {"path": "WEIGHTS"}},
        "seed": 1,
        "of": ["PATH", None],
    }
