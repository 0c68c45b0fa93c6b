/**
 * Begins to check when the page stands there: what it needs is fetched after the first paint, and all of it at once
 * instead of one module after the other names the next.
 */

{
  const names = document.currentScript.dataset.modules.split(" ");
  const begin = () => Promise.all(names.map((name) => import(`./${name}.js`)));
  // A page in the background is not painted.
  if (document.hidden) begin();
  else requestAnimationFrame(() => setTimeout(begin));
}
