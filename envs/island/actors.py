"""Who lives on the island: 13 playable characters, the same 13 strolling about, and palms, in DECORATE."""

from typing import Final

# Freedoom's sprite of each character, its scale (all are about as high as the engine's body of 56), its attack frames.
_SPRITES: Final = {
    "ninja": ("SPOS", 1.0, "EF"),
    "marine": ("PLAY", 1.0, "EF"),
    "scout": ("POSS", 1.0, "EF"),
    "heavy": ("CPOS", 1.0, "EF"),
    "sailor": ("SSWV", 0.95, "FG"),
    "serpent": ("TROO", 0.95, "EF"),
    "worm": ("SARG", 0.95, "EF"),
    "knight": ("BOSS", 0.85, "EF"),
    "golem": ("BOS2", 0.85, "EF"),
    "squid": ("SKEL", 0.9, "GH"),
    "slug": ("FATT", 0.85, "GH"),
    "spider": ("BSPI", 0.7, "GH"),
    "ghoul": ("VILE", 0.8, "GH"),
}
CHARACTERS: Final = tuple(_SPRITES)
STROLLER: Final = 20001  # editor number of the spot at which a random stroller appears
STROLLERS: Final = "Stroller"  # what the engine's names of all of them begin with
PALM: Final = 20002

PACE: Final = 0.7  # of the engine's own 16.7 units a tic: a run straight to a pad then takes 45 to 60 steps


def player_class(character: str) -> str:
    """Returns the engine's name of a character's player class."""
    return f"Zoo{character.capitalize()}"


def _player(character: str) -> str:
    sprite, scale, attack = _SPRITES[character]
    return f"""actor {player_class(character)} : DoomPlayer
{{
  Player.DisplayName "{character}"
  Player.StartItem "Fist"
  Player.ColorRange 0, 0
  Player.ForwardMove {PACE}, {PACE}
  Player.SideMove {PACE}, {PACE}
  ReactionTime 0
  Scale {scale}
  +NODAMAGE
  States
  {{
  Spawn:
    {sprite} A -1
    Loop
  See:
    {sprite} ABCD 4
    Loop
  Melee:
    {sprite} {attack[1]} 6
    Goto Missile
  Missile:
    {sprite} {attack[0]} 12
    Goto Spawn
  }}
}}
"""


def _stroller(character: str) -> str:
    # Not solid: a stroller is seen like a team mate and never blocks a run. A random first step of up to 140 units and
    # a random first facing place it by the engine's own seeded generator.
    sprite, scale, _ = _SPRITES[character]
    return f"""actor {STROLLERS}{character.capitalize()}
{{
  Radius 16
  Height 56
  Speed 7
  Scale {scale}
  +NODAMAGE
  +INVULNERABLE
  +NOTARGETSWITCH
  -SOLID
  -SHOOTABLE
  States
  {{
  Spawn:
    {sprite} A 1
    {sprite} A 0 A_Warp(AAPTR_DEFAULT, random(-140, 140), random(-140, 140), 0, random(0, 359), WARPF_ABSOLUTEOFFSET)
  Stroll:
    {sprite} AABBCCDD 3 A_Wander
    Loop
  }}
}}
"""


def decorate() -> str:
    """Returns the `DECORATE` lump: every player class, every stroller, and the spot that picks one of them."""
    drops = "".join(f'  DropItem "{STROLLERS}{name.capitalize()}"\n' for name in CHARACTERS)
    spot = f"actor {STROLLERS}Spot : RandomSpawner {STROLLER}\n{{\n{drops}}}\n"
    palm = f"actor Palm {PALM}\n{{\n  +NOBLOCKMAP\n  States\n  {{\n  Spawn:\n    PALM A -1\n    Stop\n  }}\n}}\n"
    return "".join(map(_player, CHARACTERS)) + "".join(map(_stroller, CHARACTERS)) + spot + palm
