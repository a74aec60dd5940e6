import numpy as np
import pytest
from keras import ops

from osteohip.config import Training
from osteohip.model.augmentation import (
    IDENTITY,
    augment,
    draw_epoch,
    gaussian,
    rotation,
    shear,
)

STRATEGIES = ("original", "blur", "sharpen", "shear", "rotate")


def draw(settings: Training | None = None, *, images: int = 7, seed: int = 1, epoch: int = 1):
    return draw_epoch(
        images=images, size=32, settings=settings or Training(), seed=seed, epoch=epoch
    )


def run(pixels, valid=None, *, affine=IDENTITY, blur=0.0, sigma=1.0):
    pixels = np.asarray(pixels, dtype="float32")[None]
    valid = np.ones(pixels.shape, dtype=bool) if valid is None else np.asarray(valid)[None]
    affine = np.asarray(affine, dtype="float32").reshape(1, 8)
    blur = np.array([blur], dtype="float32")
    found = augment(pixels, valid, affine=affine, blur=blur, sigma=sigma)
    return tuple(ops.convert_to_numpy(part)[0] for part in found)


def noise(size: int = 9, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 4095, (size, size)).astype("float32")


def test_every_image_once_with_each_strategy_in_shuffled_order():
    plan = draw()
    pairs = list(zip(plan.index.tolist(), plan.strategy.tolist(), strict=True))
    assert sorted(pairs) == sorted((i, s) for i in range(7) for s in STRATEGIES)
    assert pairs != sorted(pairs)


def test_800_images_make_4000_samples():
    assert len(draw(images=800).index) == 4000


def test_an_epoch_depends_on_seed_and_number_alone():
    columns = ("index", "affine", "blur", "divisor")

    def same(a, b) -> bool:
        return all(np.array_equal(getattr(a, c), getattr(b, c)) for c in columns)

    assert same(draw(seed=3, epoch=4), draw(seed=3, epoch=4))
    assert not same(draw(seed=3, epoch=4), draw(seed=3, epoch=5))
    assert not same(draw(seed=3, epoch=4), draw(seed=4, epoch=4))


@pytest.mark.parametrize(
    ("strategy", "moved", "blur"),
    [
        ("original", False, 0.0),
        ("blur", False, 1.0),
        ("sharpen", False, -0.7),
        ("shear", True, 0.0),
        ("rotate", True, 0.0),
    ],
)
def test_a_strategy_does_one_thing(strategy, moved, blur):
    plan = draw(Training(augmentations=[strategy], sharpen_amount=0.7))
    assert (plan.affine != np.array(IDENTITY, dtype="float32")).any(axis=1).all() == moved
    assert np.allclose(plan.blur, blur)


def test_angles_and_divisors_stay_in_range():
    settings = Training(augmentations=["rotate"], rotate_degrees=5.0)
    plan = draw(settings, images=2000)
    angles = np.degrees(np.arcsin(plan.affine[:, 3]))
    assert angles.min() == pytest.approx(-5, abs=0.1)
    assert angles.max() == pytest.approx(5, abs=0.1)
    assert 1 <= plan.divisor.min() < 1.01
    assert 2.99 < plan.divisor.max() <= 3


def test_divisor_without_jitter_is_two():
    assert (draw(Training(jitter_sigma=False)).divisor == 2).all()


def test_rotation_by_zero_and_shear_by_zero_are_the_identity():
    zero = np.zeros(1)
    assert np.array_equal(rotation(zero, size=9)[0], IDENTITY)
    assert np.array_equal(shear(zero, size=9)[0], IDENTITY)
    pixels, valid = run(noise())
    assert np.array_equal(pixels, noise())
    assert valid.all()


def test_quarter_turn_is_exact():
    pixels, valid = run(noise(), affine=rotation(np.array([np.pi / 2]), size=9))
    np.testing.assert_allclose(pixels, np.rot90(noise()), rtol=1e-4)
    assert valid.all()


def test_shear_by_45_degrees_shifts_rows_against_each_other():
    image = np.arange(1.0, 10.0).reshape(3, 3)
    pixels, valid = run(image, affine=shear(np.array([np.pi / 4]), size=3))
    np.testing.assert_allclose(pixels, [[0, 1, 2], [4, 5, 6], [8, 9, 0]], atol=1e-5)
    assert np.array_equal(valid, [[False, True, True], [True, True, True], [True, True, False]])


@pytest.mark.parametrize("degrees", [-30, 10, 45])
def test_mask_moves_with_the_image(degrees):
    valid = np.zeros((32, 32), dtype=bool)
    valid[4:20, 6:30] = True
    pixels = np.where(valid, 5.0, 999.0)  # what lies under invalid pixels must not leak in
    turned, mask = run(pixels, valid, affine=rotation(np.radians([degrees]), size=32))
    assert 0.8 * valid.sum() < mask.sum() < valid.sum() + 20
    np.testing.assert_allclose(turned[mask], 5.0, rtol=1e-5)
    assert not turned[~mask].any()


def test_corners_that_come_from_outside_are_invalid():
    _, mask = run(noise(32), affine=rotation(np.radians([20]), size=32))
    assert not mask[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert mask[16, 16]


@pytest.mark.parametrize("blur", [1.0, -1.0])
def test_blur_and_sharpening_leave_a_constant_alone(blur):
    valid = np.ones((12, 12), dtype=bool)
    valid[:5, :5] = False
    pixels, mask = run(np.where(valid, 7.0, -999.0), valid, blur=blur)
    assert np.array_equal(mask, valid)
    np.testing.assert_allclose(pixels[valid], 7.0, rtol=1e-5)
    assert not pixels[~valid].any()


@pytest.mark.parametrize(("blur", "sigma"), [(1.0, 1.0), (1.0, 2.0), (-0.5, 1.0)])
def test_blur_of_a_point_is_the_gaussian(blur, sigma):
    weights = np.array(gaussian(sigma))
    size = 2 * len(weights) + 1
    point = np.zeros((size, size))
    point[size // 2, size // 2] = 1
    spread = np.zeros((size, size))
    at = slice(size // 2 - len(weights) // 2, size // 2 + len(weights) // 2 + 1)
    spread[at, at] = np.outer(weights, weights)
    pixels, _ = run(point, blur=blur, sigma=sigma)
    np.testing.assert_allclose(pixels, point + blur * (spread - point), atol=1e-6)


def test_gaussian_of_one_pixel():
    np.testing.assert_allclose(
        gaussian(1.0), [0.0544887, 0.2442014, 0.4026199, 0.2442014, 0.0544887], atol=1e-6
    )


def test_each_image_of_a_batch_has_its_own_transform():
    pixels = np.stack([noise(), noise()])
    turn = rotation(np.array([0.0, np.pi / 2]), size=9).astype("float32")
    found, _ = augment(
        pixels,
        np.ones(pixels.shape, dtype=bool),
        affine=turn,
        blur=np.zeros(2, dtype="float32"),
        sigma=1.0,
    )
    found = ops.convert_to_numpy(found)
    assert np.array_equal(found[0], noise())
    np.testing.assert_allclose(found[1], np.rot90(noise()), rtol=1e-4)
