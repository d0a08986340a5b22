from pathlib import Path

import pytest

from padzoo.envs.game import ISLAND, Game

CONFIGS = Path(__file__).parents[2] / "configs"


def test_the_launch_island_is_what_is_played_if_nothing_is_said() -> None:
    assert Game().id == ISLAND
    assert Game().starts == {"character": "ninja"}
    assert Game("other:Game-v0").starts == {}
    assert Game(options={}).starts == {}


def test_a_file_describes_a_game_and_a_command_adds_to_it(tmp_path: Path) -> None:
    assert Game.of(str(CONFIGS / "game/island.yaml")) == Game(options={"character": "ninja"})
    path = tmp_path / "mine.yaml"
    path.write_text("game: {id: 'mine:Mine-v0', args: {level: 3, hard: true}, options: {spawn: [0, 1]}}\n")
    game = Game.of(str(path), {"level": 4}, {"hero": "elf"})
    assert game == Game("mine:Mine-v0", {"level": 4, "hard": True}, {"spawn": [0, 1], "hero": "elf"})
    assert Game.of(ISLAND, options={"spawn": 2}).starts == {"character": "ninja", "spawn": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model: {}\n", "no game; allowed: an entry `game` with id, args, options"),
        ("game: {name: mine}\n", "no game; allowed: an entry `game` with id, args, options"),
        ("game: [\n", "not YAML"),
    ],
)
def test_a_file_without_a_game_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        Game.of(str(path))


def test_the_size_is_the_players(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"env_args \{'size': 32\}: allowed: no size; it is 64"):
        Game(args={"size": 32}).env(64)
