from pathlib import Path

import pytest

from padzoo.envs.game import ISLAND, Game

USUAL = {"character": "ninja", "condition": "spawn"}

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_launch_island_is_what_is_played_if_nothing_is_said() -> None:
    assert Game().id == ISLAND
    assert Game().starts == USUAL
    assert Game("other:Game-v0").starts == {}
    assert Game(options={}).starts == {}


def test_a_file_describes_a_game_and_a_command_adds_to_it(tmp_path: Path) -> None:
    assert Game.of(str(CONFIGS / "game/island.yaml")) == Game(options=USUAL)
    path = tmp_path / "mine.yaml"
    path.write_text("game: {id: 'mine:Mine-v0', args: {level: 3, hard: true}, options: {spawn: [0, 1]}}\n")
    game = Game.of(str(path), {"level": 4}, {"hero": "elf"})
    assert game == Game("mine:Mine-v0", {"level": 4, "hard": True}, {"spawn": [0, 1], "hero": "elf"})
    assert Game.of(ISLAND, options={"spawn": 2}).starts == USUAL | {"spawn": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: {}\n", "no game; allowed: an entry `game` with id, args, options, picture, success, patience"),
        (
            "game: {name: mine}\n",
            "no game; allowed: an entry `game` with id, args, options, picture, success, patience",
        ),
        ("game: [\n", "not YAML"),
        ("game: {id: 3}\n", "game 3: id 3; allowed: a Gymnasium id"),
        ("game: {id: a, args: [3]}\n", r"game 'a': args \[3\]; allowed: names with values"),
        ("game: {id: a, patience: .inf}\n", "game 'a': patience inf; allowed: seconds, over 0 and up to"),
    ],
)
def test_a_file_without_a_game_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Game.of(str(path))


def test_what_a_command_says_of_pictures_and_patience_is_not_the_games_own(tmp_path: Path) -> None:
    given = {"picture": "rgb", "success": 0.5, "patience": 300, "level": 4}
    game = Game.of("mine:Mine-v0", given)
    assert game == Game("mine:Mine-v0", {"level": 4}, {}, picture="rgb", success=0.5, patience=300)
    assert game.settings == {"picture": "rgb", "success": 0.5}
    assert Game().settings == {}
    path = tmp_path / "mine.yaml"
    path.write_text("game: {id: 'mine:Mine-v0', args: {picture: mona lisa}, picture: rgb}\n")
    assert Game.of(str(path), {"patience": 9}) == Game(
        "mine:Mine-v0", {"picture": "mona lisa"}, {}, picture="rgb", patience=9
    )


@pytest.mark.parametrize(("name", "value"), [("patience", 0), ("patience", "long"), ("success", None)])
def test_settings_that_are_no_numbers_are_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^game '{ISLAND}': {name} {value!r}; allowed: "):
        Game.of(ISLAND, {name: value})


def test_our_own_game_has_one_picture() -> None:
    with pytest.raises(ValueError, match="picture 'rgb', success 0: allowed for games of others only"):
        Game(picture="rgb").env(64)


def test_the_size_is_the_players(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"env_args \{'size': 32\}: allowed: no size; it is 64"):
        Game(args={"size": 32}).env(64)
