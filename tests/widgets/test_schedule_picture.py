from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from ape_core.spec.protocol_yaml import list_protocols, load_protocol
from widgets.schedule_picture import schedule_picture

CIRCLE = "circle"


@pytest.mark.parametrize("name", [info.name for info in list_protocols()])
def test_every_visit_of_two_years_has_its_mark(name):
    protocol = load_protocol(name)
    picture, sketch = ET.fromstring(schedule_picture(protocol)), protocol.schedule_sketch(103)
    marks = picture.findall(CIRCLE)
    injections = [mark for mark in marks if mark.get("r") == "3.4"]
    eyes = (sketch.dry, sketch.active)
    assert len(injections) == sum(len(eye.injection_weeks) for eye in eyes)
    assert len(marks) - len(injections) == sum(len(eye.visit_only_weeks) for eye in eyes)


def test_a_visit_at_the_end_of_two_years_belongs_to_the_third():
    label = ET.fromstring(schedule_picture(load_protocol("ranibizumab-0.5mg-monthly")))
    assert "26 injections for an eye that stays dry, 26 for" in label.get("aria-label")


def test_the_picture_is_told_in_words():
    picture = ET.fromstring(schedule_picture(load_protocol("aflibercept-2mg-fixed-8-weekly")))
    assert "14 injections for an eye that stays dry" in picture.get("aria-label")
    assert picture.get("role") == "img"
