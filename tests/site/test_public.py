import pytest

from osteohip.site.public import public_reason, public_text


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("GE Healthcare", "GE Healthcare"),
        ("Fuji Photo Film Co.,Ltd.", "Fuji Photo Film Co.,Ltd."),
        ("<script>x</script>", "script x /script"),
        ('a"b|c\\d', "a b c d"),
        ("=1+1", "1+1"),
        ("삼성 (DR) กข\ue000", "삼성 (DR)"),
    ],
)
def test_public_text(text: str, public: str) -> None:
    assert public_text(text) == public


@pytest.mark.parametrize(
    ("reason", "public"),
    [("quality", "quality"), (" Quality ", "quality"), ("Mrs Kim moved", "other"), ("", "other")],
)
def test_public_reason(reason: str, public: str) -> None:
    assert public_reason(reason) == public
