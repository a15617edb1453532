// Requests to the run's interface, and what it refuses in words.

/** A refusal: its words, and of each field its path and its words. */
export class RequestError extends Error {
  constructor(message, faults = []) {
    super(message);
    this.faults = faults;
  }
}

/** Return what a GET answers; parts of the query that are undefined or null are left out. */
export function get(path, query = {}, signal = undefined) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const words = new URLSearchParams(given).toString();
  return answered(fetch(words ? `${path}?${words}` : path, { signal }));
}

/** Return what a POST answers. */
export function post(path, body, signal = undefined) {
  const headers = { "content-type": "application/json" };
  return answered(fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal }));
}

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new RequestError("The server does not answer: is `serve` still running?");
  }
  const content = await response.json().catch(() => ({}));
  if (response.ok) return content;
  const faults = Array.isArray(content.detail)
    ? content.detail
    : [{ loc: [], msg: content.detail ?? response.statusText }];
  throw new RequestError(
    faults.map((fault) => fault.msg).join("; "),
    faults.map((fault) => ({ field: fault.loc, message: fault.msg })),
  );
}

/**
 * Return a function that waits some milliseconds for further calls, then works; of several answers the last counts.
 *
 * Its `stop` leaves off.
 */
export function lastOnly(wait, work, failed) {
  let timer, controller;
  const stop = () => {
    clearTimeout(timer);
    controller?.abort();
  };
  const start = (...given) => {
    stop();
    controller = new AbortController();
    const { signal } = controller;
    timer = setTimeout(async () => {
      try {
        await work(signal, ...given);
      } catch (problem) {
        if (problem.name === "AbortError" || signal.aborted) return;
        failed(problem);
      }
    }, wait);
  };
  return Object.assign(start, { stop });
}
