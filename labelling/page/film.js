// Clips that play in step on canvases: one clock for all, which waits until every clip has its next picture.

const AHEAD = 16; // pictures that are decoded before they are shown
const REST = 0.8; // seconds between the end of the longest clip and the next loop

export class Film {
  constructor(rate) {
    this.rate = rate;
    this.clips = [];
    this.time = 0; // in pictures
    this.rest = 0;
    this.speed = 1;
    this.playing = true;
    this.shown = -1;
    this.watched = 0; // seconds
    this.onframe = () => {};
  }

  get length() { return Math.max(1, ...this.clips.map((clip) => clip.pictures.length)); }
  get frame() { return Math.min(Math.floor(this.time), this.length - 1); }

  add(canvas, data) {
    const view = new DataView(data);
    const count = view.getUint32(0, true);
    const pictures = [];
    let start = 4 + 4 * count;
    for (let index = 0; index < count; index++) {
      const size = view.getUint32(4 + 4 * index, true);
      pictures.push(new Blob([new Uint8Array(data, start, size)], { type: "image/jpeg" }));
      start += size;
    }
    this.clips.push({ canvas, pictures, decoded: new Map() });
    this.shown = -1;
  }

  // Decodes what is shown soon, forgets what is not, and says whether a picture of every clip is there.
  ready(frame) {
    let all = true;
    for (const clip of this.clips) {
      const last = clip.pictures.length - 1;
      const wanted = new Set();
      for (let step = -2; step < AHEAD; step++) wanted.add(Math.max(0, Math.min(last, (frame + step) % this.length)));
      wanted.add(Math.min(frame, last));
      for (const index of clip.decoded.keys()) {
        if (!wanted.has(index)) {
          clip.decoded.get(index)?.close?.();
          clip.decoded.delete(index);
        }
      }
      for (const index of wanted) {
        if (clip.decoded.has(index)) continue;
        clip.decoded.set(index, null);
        createImageBitmap(clip.pictures[index]).then((picture) => {
          if (clip.decoded.has(index)) clip.decoded.set(index, picture);
          else picture.close();
        }, () => clip.decoded.delete(index));
      }
      all &&= Boolean(clip.decoded.get(Math.min(frame, last)));
    }
    return all;
  }

  draw(frame) {
    for (const clip of this.clips) {
      const picture = clip.decoded.get(Math.min(frame, clip.pictures.length - 1));
      if (clip.canvas.width !== picture.width || clip.canvas.height !== picture.height) {
        clip.canvas.width = picture.width;
        clip.canvas.height = picture.height;
      }
      clip.canvas.getContext("2d").drawImage(picture, 0, 0);
    }
    this.shown = frame;
    this.onframe(frame);
  }

  // Moves on by seconds of the real clock.
  tick(seconds) {
    if (!this.clips.length) return;
    this.watched += seconds;
    let next = this.time;
    if (this.playing && this.shown === this.frame) {
      next += seconds * this.rate * this.speed;
      if (next >= this.length) {
        this.rest += seconds * this.speed;
        next = this.length - 1e-6;
        if (this.rest >= REST) next = this.rest = 0;
      }
    }
    const frame = Math.min(Math.floor(next), this.length - 1);
    if (!this.ready(frame)) return;
    this.time = next;
    if (frame !== this.shown) this.draw(frame);
  }

  seek(frame) {
    this.time = Math.max(0, Math.min(this.length - 1, frame));
    this.rest = 0;
  }

  step(by) {
    this.playing = false;
    this.seek((this.frame + by + this.length) % this.length);
  }

  close() {
    for (const clip of this.clips) for (const picture of clip.decoded.values()) picture?.close();
    this.clips = [];
  }
}
