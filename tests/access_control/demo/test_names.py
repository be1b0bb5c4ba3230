"""Made-up names: many, and no two the same."""

from itertools import islice

from access_control.demo.names import FAMILY, GIVEN, people_names


def test_no_two_people_have_the_same_name() -> None:
    made = list(islice(people_names(1, {"Ava Thornton"}), 5000))
    assert len(set(made)) == 5000
    assert ("Ava", "Thornton") not in made


def test_the_same_seed_makes_the_same_people() -> None:
    assert list(islice(people_names(7, set()), 50)) == list(islice(people_names(7, set()), 50))
    assert list(islice(people_names(8, set()), 50)) != list(islice(people_names(7, set()), 50))


def test_no_name_is_listed_twice() -> None:
    assert len(set(GIVEN)) == len(GIVEN)
    assert len(set(FAMILY)) == len(FAMILY)
