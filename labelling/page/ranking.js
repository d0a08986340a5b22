// The order in which a labeller has put the clips of a round: groups of places, the best first; a group ties.

export class Ranking {
  constructor(clips) {
    this.clips = clips;
    this.groups = [];
  }

  has(place) { return this.groups.some((group) => group.includes(place)); }

  // Ranks a clip next, or together with the last one; one that is ranked is taken back.
  pick(place, tie = false) {
    if (this.has(place)) {
      this.groups = this.groups.map((group) => group.filter((each) => each !== place)).filter((group) => group.length);
    } else if (tie && this.groups.length) {
      this.groups.at(-1).push(place);
    } else {
      this.groups.push([place]);
    }
  }

  back() {
    const last = this.groups.at(-1);
    last?.pop();
    if (last && !last.length) this.groups.pop();
  }

  clear() { this.groups = []; }

  equal() { this.groups = [[...Array(this.clips).keys()]]; }

  // Groups with the one clip that is left put last.
  get whole() {
    const left = [...Array(this.clips).keys()].filter((place) => !this.has(place));
    return left.length === 1 && this.groups.length ? [...this.groups, left] : left.length ? null : this.groups;
  }

  // The rank of each place, from 1; null before all are ranked.
  get ranks() {
    const whole = this.whole;
    return whole && [...Array(this.clips).keys()].map((place) => 1 + whole.findIndex((group) => group.includes(place)));
  }

  // The rank of one place as it stands, or null, whether others share it, and whether it follows from the others'.
  at(place) {
    const groups = this.whole ?? this.groups;
    const index = groups.findIndex((group) => group.includes(place));
    if (index < 0) return null;
    return { rank: index + 1, tied: groups[index].length > 1, implied: !this.has(place) };
  }
}
