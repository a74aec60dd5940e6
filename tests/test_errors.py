from osteohip.errors import InputError, Problem

PROBLEM = Problem("dxa.csv", "a number with a decimal point", row=7, column="t_score", value="-2,5")


def test_a_problem_names_the_place_and_keeps_the_value_private():
    public = "dxa.csv, row 7, column t_score: expected a number with a decimal point"
    assert PROBLEM.sentence() == public
    assert PROBLEM.sentence(private=True) == public + " (found '-2,5')"


def test_all_problems_come_at_once_without_values():
    error = InputError([PROBLEM, Problem("crops.csv", "a file")])
    assert str(error).splitlines()[0] == "2 problems in the input:"
    assert "-2,5" not in str(error)
    assert "-2,5" in error.report(private=True)
