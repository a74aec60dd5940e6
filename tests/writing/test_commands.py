import pytest

from osteohip.writing.commands import told


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("osteohip a --site /data/asan/x", "osteohip a --site SITE:asan/x"),
        ("osteohip a --out /srv/b.csv 'c'", "osteohip a --out PATH 'c'"),
        (
            "osteohip a --share 1/2 --url https://a.org/b",
            "osteohip a --share 1/2 --url https://a.org/b",
        ),
        ('osteohip a --at "/srv/c d"', 'osteohip a --at "PATH d"'),
    ],
)
def test_a_command_names_no_folder_of_the_machine(command, expected):
    assert told(command, {"/data/asan": "SITE:asan"}) == expected
