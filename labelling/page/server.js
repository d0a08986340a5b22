// What the page asks padzoo label.

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

export async function complaint(answer) {
  try { return (await answer.json()).error; } catch { return `The server answers ${answer.status}`; }
}

// Asks until there is an answer: what is sent twice is taken once. Says what is in the way meanwhile.
export async function ask(path, body, say) {
  const options = body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  for (let attempt = 0; ; attempt++) {
    try {
      const answer = await fetch(path, { ...options, cache: body ? "no-store" : "default" });
      if (answer.status < 500) return answer;
      say(`${await complaint(answer)}. Trying again.`);
    } catch {
      say("No connection to padzoo label. Trying again; nothing that was saved is lost.");
    }
    await pause(Math.min(5, 0.3 * 2 ** attempt));
  }
}
