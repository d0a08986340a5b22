from padzoo.commands.table import outcome_table, percentages

COUNTS = {"none": 1, "left": 3, "right": 0}


def test_percentages_are_of_all_episodes() -> None:
    assert percentages(COUNTS) == {"none": 25.0, "left": 75.0, "right": 0.0, "episodes": 4}


def test_a_table_shows_counts_rates_and_intervals() -> None:
    columns = [list(column.cells) for column in outcome_table(COUNTS, "four episodes").columns]
    assert columns[:3] == [["none", "left", "right"], ["1", "3", "0"], ["25.0", "75.0", "0.0"]]
    assert columns[3][1] == "30.1 to 95.4"
