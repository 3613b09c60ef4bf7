"""A clinic with a limited number of slots, day by day, as docs/model.md says under Capacity."""

from __future__ import annotations

from dataclasses import dataclass

from tests.reference.people import clinic_of


@dataclass(order=True)
class Wish:
    """A visit that is wanted; days by the calendar. Compared in the order in which it is served."""

    wanted: int
    planned: int
    patient: int
    number: int
    first_wanted: int


def serve(spec, patient, followed_eyes):
    """Follow all eyes of a patient's clinic: the eyes by patient and number."""
    eyes = [eye for mate in clinic_of(spec, patient) for eye in followed_eyes(mate)]
    by_name = {(eye.patient, eye.number): eye for eye in eyes}
    wishes = [first_wish(eye) for eye in eyes]
    today = 0
    while wishes:
        free = spec.capacity.slots_per_day if today % 7 < spec.capacity.open_days else 0
        for wish in sorted(wish for wish in wishes if wish.wanted <= today):
            if free > 0:
                wishes.remove(wish)
                eye = by_name[wish.patient, wish.number]
                n_before = len(eye.rows)
                wishes += meet(eye, wish, today)
                free -= len(eye.rows) - n_before
        today += 1
    for eye in eyes:
        eye.live_on()
    return eyes


def first_wish(eye):
    day = eye.person.first_day + eye.onset
    return Wish(day, day, eye.patient, eye.number, day)


def meet(eye, wish, today):
    """See the eye on the day of its slot if it is there: the wish that comes of it, if any."""
    day = today - eye.person.first_day
    day_0 = eye.person.first_day + eye.onset
    back = day if today == wish.wanted else eye.appointments.return_from_break(day)
    if back >= eye.care_end:
        eye.waited = wish.first_wanted, eye.person.first_day + eye.care_end
        return []
    if back > day:
        again = eye.person.first_day + back
        return [Wish(again, wish.planned, eye.patient, eye.number, wish.first_wanted)]
    eye.live_until((today - day_0) // 7)
    eye.slips.append(today - wish.first_wanted)
    following, planned = eye.see(today - day_0, wish.planned - day_0)
    if following is None or eye.onset + following >= eye.care_end:
        return []
    wanted = day_0 + following
    return [Wish(wanted, day_0 + planned, eye.patient, eye.number, wanted)]
