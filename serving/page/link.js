// The address: the view, and behind it the film and the scenarios, all that restores them.

const VIEWS = ["film", "scenarios", "movers", "goodness"];

/** Return the view and the content that the address names; content is null without any, undefined where it is broken. */
export function readLink() {
  const [view, packed] = location.hash.slice(1).split("/");
  return { view: VIEWS.includes(view) ? view : "film", content: packed ? unpacked(packed) : null };
}

/** Return the address of a view with content. */
export const linkTo = (view, content) => `#${view}/${packed(content)}`;

function packed(content) {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
      letter.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
