"""What people do when they meet somebody: they follow, or they flee."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from padzoo.envs.island.ground import draw_place
from padzoo.envs.players.pilot import Pilot, Sight, wrapped
from padzoo.envs.players.route import room
from padzoo.envs.players.temper import Temper
from padzoo.envs.players.thumbs import Wish
from padzoo.envs.players.walker import Walker

FAR: Final = 1000.0  # map units up to which others are noticed
VIEW: Final = 50.0  # degrees to each side: who is not on the screen is not noticed
NEAR: Final = 110.0  # as close as a follower comes
REFUGES: Final = 8  # places that one who flees can think of


def noticed(seen: Sight) -> NDArray[np.float64] | None:
    """Returns the nearest character on the screen and in the same room, `(2,)`, or None."""
    ways = seen.others - seen.position  # (n, 2)
    far = np.hypot(*ways.T)
    off = [abs(wrapped(float(degrees) - seen.heading)) for degrees in np.degrees(np.arctan2(ways[:, 1], ways[:, 0]))]
    here = room(seen.x, seen.y)
    found = [index for index, other in enumerate(seen.others) if far[index] < FAR and off[index] < VIEW]
    found = [index for index in found if room(*seen.others[index]) == here]
    return np.asarray(seen.others[min(found, key=lambda index: far[index])]) if found else None


class Meeting(Walker):
    """Has to do with one other character, the nearest that it sees; looks round for one, but not for long."""

    def __init__(self, temper: Temper, rng: np.random.Generator, pilot: Pilot) -> None:
        super().__init__(temper, rng, pilot)
        self.other: NDArray[np.float64] | None = None
        self.search = int(rng.integers(5, 16))  # steps
        self.turn = float(rng.choice([-0.55, 0.55]))

    def meet(self, seen: Sight) -> bool:
        """Finds the other, or where it has got to; returns whether there is one."""
        if self.other is None:
            self.other = noticed(seen)
            self.search -= 1
            self.over = self.other is None and self.search < 0
        else:
            self.other = seen.others[np.hypot(*(seen.others - self.other).T).argmin()]
        return self.other is not None


class Follower(Meeting):
    """Walks after somebody, and stands looking at them when close."""

    def goal(self, seen: Sight) -> NDArray[np.float64]:
        """Returns where the other is."""
        assert self.other is not None
        return self.other

    def arrived(self, seen: Sight) -> Wish:
        """Looks at the other."""
        super().arrived(seen)
        return self.pilot.steer(seen, self.goal(seen), 0.0)

    def wish(self, seen: Sight) -> Wish:
        """Follows the way to where the other is now."""
        if not self.meet(seen):
            return Wish(turn=self.turn)
        if np.hypot(*(self.goal(seen) - seen.position)) < NEAR:
            return self.arrived(seen)
        if self.path is not None and np.hypot(*(self.path[-1] - self.goal(seen))) > NEAR:
            self.path = None
        return super().wish(seen)


class Fleer(Meeting):
    """Runs away from somebody, to the farthest of the places that it can think of."""

    def goal(self, seen: Sight) -> NDArray[np.float64]:
        """Returns the place: the way there leads away from the other."""
        assert self.other is not None
        places = np.array([draw_place(self.rng) for _ in range(REFUGES)])
        ways, danger = places - seen.position, self.other - seen.position
        towards = ways @ danger / (np.hypot(*ways.T) * np.hypot(*danger) + 1e-9)  # the cosine
        return np.asarray(places[towards.argmin()])

    def arrived(self, seen: Sight) -> Wish:
        """Is safe."""
        self.over = True
        return super().arrived(seen)

    def wish(self, seen: Sight) -> Wish:
        """Runs."""
        return super().wish(seen) if self.meet(seen) else Wish(turn=self.turn)
