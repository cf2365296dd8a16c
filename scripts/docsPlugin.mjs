import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Application, Converter, JSX, KindRouter, PageEvent } from 'typedoc';
import { root } from './run.mjs';

const REPOSITORY = 'https://github.com/agent-sessions/agent-sessions';
const INDEX = 'docs/README.md';

/**
 * A plugin of typedoc that makes one site of the documents and the API reference: documents have the titles and the order that
 * docs/README.md gives them, links of the repository stay within the site where it has their target, and lead to GitHub where
 * it has not.
 *
 * @param {Application} app
 */
export function load(app) {
  const index = readFileSync(join(root, INDEX), 'utf8');
  const pathOf = (reflection) => {
    const absolute = reflection.project.files.getReflectionPath(reflection);
    return absolute === undefined ? undefined : relative(root, absolute);
  };

  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    const path = pathOf(document);
    document.name = /^# (.*)$/m.exec(readFileSync(join(root, path), 'utf8'))?.[1].replaceAll('`', '') ?? path;
    document.frontmatter.group = groupOf(path, index);
    document.path = path;
  });

  // Before the documents are grouped.
  app.on(
    Application.EVENT_PROJECT_REVIVE,
    (project) => {
      const readmes = new Map([[join(root, 'README.md'), project]]);
      for (const child of project.children ?? []) {
        readmes.set(join(root, 'packages', child.name.split('/')[1], 'README.md'), child);
      }
      for (const [path, reflection] of readmes) project.files.registerReflectionPath(path, reflection);
      const place = ({ path }) => {
        const found = index.indexOf(`](${relative(dirname(INDEX), path)})`);
        return path === INDEX ? -1 : found < 0 ? Infinity : found;
      };
      project.documents?.sort((a, b) => place(a) - place(b) || a.path.localeCompare(b.path));
      project.childrenIncludingDocuments = [...(project.documents ?? []), ...(project.children ?? [])];
      for (const reflection of [...readmes.values(), ...(project.documents ?? [])]) {
        leadOutOfTheSite(reflection.isDocument() ? reflection.content : reflection.readme, project.files);
      }
    },
    1_000,
  );

  // Those of the index are open until a reader closes them.
  app.renderer.hooks.on('head.begin', () => {
    const keys = sectionsOf(index).map(({ title }) => `tsd-accordion-${title}`);
    const html = `for (const key of ${JSON.stringify(keys)}) localStorage[key] ??= 'true';`;
    return JSX.createElement('script', null, JSX.createElement(JSX.Raw, { html }));
  });

  app.renderer.defineRouter('documents', DocumentsRouter);
  app.renderer.on(PageEvent.END, (page) => {
    page.contents = page.contents?.replaceAll(
      new RegExp(`href="${REPOSITORY}/(?:blob|tree)/main/([^"#]+)(#[^"]*)?"`, 'g'),
      (link, path, fragment = '') => {
        const { target } = page.project.files.registerAbsolute(join(root, path));
        const found = page.project.files.resolve(target, page.project);
        if (found === undefined || typeof found === 'string') return link;
        // The project itself has two pages: its README, and the list of modules.
        const url = found.isProject() ? 'index.html' : app.renderer.router.getFullUrl(found);
        return `href="${relative(dirname(page.url), url)}${fragment}"`;
      },
    );
  });
}

/** Documents are called by their files. */
class DocumentsRouter extends KindRouter {
  getIdealBaseName(reflection) {
    if (!reflection.isDocument()) return super.getIdealBaseName(reflection);
    return reflection.path.replace(/\.md$/, '').replace(/\/README$/, '/index');
  }
}

/** The heading of the index under which a document is named; `none` is the top of the navigation. */
function groupOf(path, index) {
  if (path === INDEX) return 'none';
  const link = `](${relative(dirname(INDEX), path)})`;
  return sectionsOf(index).find(({ text }) => text.includes(link))?.title ?? 'Decisions';
}

function sectionsOf(index) {
  return index
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ title: text.split('\n')[0], text }));
}

/** Lets relative links to what has no page in the site, such as sources, lead to GitHub. */
function leadOutOfTheSite(parts, files) {
  for (const part of parts ?? []) {
    if (part.kind !== 'relative-link' || part.target === undefined) continue;
    const path = files.resolvePath(part.target);
    if (files.mediaToReflection.has(part.target) || path.endsWith('.svg')) continue;
    const url = `${REPOSITORY}/blob/main/${relative(root, path)}`;
    Object.assign(part, { kind: 'text', text: part.targetAnchor ? `${url}#${part.targetAnchor}` : url });
    delete part.target;
    delete part.targetAnchor;
  }
}
