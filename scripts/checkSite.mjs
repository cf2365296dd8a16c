import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './run.mjs';

/**
 * Checks that every link within a site leads to a page or file of it, and to a place on that page; and that no page loads
 * anything from elsewhere, so that the site can be read offline. Prints what does not, and then lets the process fail.
 */
export function checkSite(folder) {
  const site = join(root, folder);
  const names = readdirSync(site, { recursive: true }).filter((name) => name.endsWith('.html'));
  const pages = new Map(names.map((name) => [name, readFileSync(join(site, name), 'utf8')]));
  const anchors = new Map([...pages].map(([name, html]) => [name, anchorsOf(html)]));

  const problemOf = (page, { link, isFollowed }) => {
    if (/^(?:[a-z]+:|\/\/)/.test(link)) return isFollowed ? undefined : 'is loaded from elsewhere';
    const [path, anchor = ''] = link.split('#').map(decodeURIComponent);
    const target = path === '' ? page : normalize(join(dirname(page), path));
    if (!existsSync(join(site, target))) return 'does not exist';
    return anchor === '' || anchors.get(target)?.has(anchor) !== false ? undefined : 'has no such heading';
  };
  const problems = [...pages].flatMap(([page, html]) =>
    linksOf(html).flatMap((link) => {
      const problem = problemOf(page, link);
      return problem === undefined ? [] : `${page}: ${link.link} ${problem}`;
    }),
  );
  for (const problem of new Set(problems)) console.error(problem);
  console.log(`• site: ${pages.size} pages, ${problems.length} dead links`);
  if (problems.length > 0) process.exitCode = 1;
}

function anchorsOf(html) {
  return new Set([...html.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, anchor]) => anchor));
}

/** What a reader may follow, and what is loaded with the page. */
function linksOf(html) {
  return [...html.matchAll(/<(\w+)[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, tag, link]) => ({
    link: link.replaceAll('&amp;', '&'),
    isFollowed: tag === 'a',
  }));
}
