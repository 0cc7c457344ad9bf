"""Boxes: which are kept, in what order, and which repeat one with a higher score."""

from __future__ import annotations

import numpy as np

from viewfinder.rekognition.networks import MOST_CANDIDATES, Boxes, agreed, mirrored, select, suppress, undisputed

LEFT = (0.0, 0.0, 0.5, 1.0)
NEARLY_LEFT = (0.02, 0.0, 0.5, 1.0)
RIGHT = (0.5, 0.0, 1.0, 1.0)


def boxes(*rows: tuple[tuple[float, float, float, float], float, int]) -> Boxes:
    corners, scores, classes = zip(*rows, strict=True)
    return Boxes(np.array(corners, np.float32), np.array(scores, np.float32), np.array(classes, np.int64))


def test_a_box_that_repeats_a_surer_one_of_its_class_is_dropped() -> None:
    kept = suppress(boxes((LEFT, 0.9, 1), (NEARLY_LEFT, 0.8, 1), (RIGHT, 0.7, 1)), overlap=0.6)
    assert kept.scores.tolist() == np.array([0.9, 0.7], np.float32).tolist()


def test_boxes_of_other_classes_may_overlap() -> None:
    assert len(suppress(boxes((LEFT, 0.9, 1), (NEARLY_LEFT, 0.8, 2)), overlap=0.6).scores) == 2


def test_a_dropped_box_drops_no_other() -> None:
    shifted = [((shift, 0.0, shift + 0.5, 1.0), 0.9 - shift, 1) for shift in (0.0, 0.1, 0.2)]
    kept = suppress(boxes(*shifted), overlap=0.6)
    assert kept.corners[:, 0].round(1).tolist() == np.array([0.0, 0.2], np.float32).tolist()


def test_no_boxes_at_all() -> None:
    nothing = select(np.zeros((0, 4), np.float32), np.zeros((0, 3), np.float32), 0.1)
    assert len(suppress(nothing, overlap=0.6).scores) == 0


def test_every_class_above_the_least_score_is_selected_surest_first_and_inside_the_picture() -> None:
    corners = np.array([[-0.2, 0.1, 0.5, 1.3], [0, 0, 1, 1]], np.float32)
    scores = np.array([[0.3, 0.05, 0.6], [0.0, 0.5, 0.0]], np.float32)
    found = select(corners, scores, 0.1)
    assert found.classes.tolist() == [2, 1, 0]
    assert found.corners[0].tolist() == np.array([0, 0.1, 0.5, 1], np.float32).tolist()


def test_only_the_surest_are_candidates() -> None:
    scores = np.linspace(0.2, 0.9, MOST_CANDIDATES + 50, dtype=np.float32)[:, None]
    found = select(np.zeros((len(scores), 4), np.float32), scores, 0.1)
    assert len(found.scores) == MOST_CANDIDATES
    assert found.scores[0] == np.float32(0.9)


def test_a_mirrored_box_is_on_the_other_side() -> None:
    there = mirrored(boxes(((0.1, 0.2, 0.4, 0.9), 0.9, 1)))
    assert there.corners.tolist() == np.array([(0.6, 0.2, 0.9, 0.9)], np.float32).tolist()


def test_boxes_that_both_views_have_keep_the_mean_of_their_scores_and_others_half() -> None:
    both = agreed(boxes((LEFT, 0.9, 1), (RIGHT, 0.8, 1)), boxes((NEARLY_LEFT, 0.7, 1), (LEFT, 0.6, 2), (RIGHT, 0.5, 2)))
    assert list(zip(both.classes.tolist(), both.scores.round(3).tolist(), strict=True)) == [
        (1, np.float32(0.8).round(3)),
        (1, np.float32(0.4).round(3)),
        (2, np.float32(0.3).round(3)),
        (2, np.float32(0.25).round(3)),
    ]


def test_views_without_boxes_agree_on_nothing() -> None:
    empty = boxes((LEFT, 0.9, 1)).where(np.array([False]))
    assert len(agreed(empty, empty).scores) == 0
    assert agreed(empty, boxes((LEFT, 0.9, 1))).scores.tolist() == [np.float32(0.45)]


def test_a_box_is_disputed_by_another_class_at_its_place_with_half_its_score() -> None:
    assert undisputed(boxes((LEFT, 0.9, 1), (NEARLY_LEFT, 0.5, 2))).tolist() == [False, False]
    assert undisputed(boxes((LEFT, 0.9, 1), (NEARLY_LEFT, 0.4, 2))).tolist() == [True, False]
    assert undisputed(boxes((LEFT, 0.9, 1), (RIGHT, 0.8, 2), (NEARLY_LEFT, 0.8, 1))).tolist() == [True, True, True]
