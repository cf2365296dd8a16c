/**
 * A day in the life of the chat's page, in headless Chromium. It is optional: where there is none, this file has one test that
 * is not run, so that the run says that the page was not looked at. The pictures are in node_modules/.cache/agent-sessions/chat.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CHROMIUM_MISSING, findChromium, startFaultProxy } from '@agent-sessions/engines';
import { RunContext } from '@openai/agents';
import { chromium, type Browser, type Page } from 'playwright-core';
import { openChatSessions } from '../../../../examples/chatServer/sessions';
import { newUser, useChatServer } from './server';

const PICTURES = join(__dirname, '../../../../node_modules/.cache/agent-sessions/chat');
const WIDE = { width: 1200, height: 800 };
const NARROW = { width: 390, height: 780 };
const LOOKS = [
  { viewport: WIDE, colorScheme: 'light' },
  { viewport: NARROW, colorScheme: 'dark' },
] as const;

const executablePath = findChromium();
if (executablePath === undefined) {
  process.stderr.write(`\n  SKIPPED the page of the chat. ${CHROMIUM_MISSING}\n\n`);
  test.todo('Chromium is not installed: the page of the chat was not looked at');
} else {
  describe('the page of the chat', () => {
    const { words, url } = useChatServer('redis');
    let browser: Browser;
    let page: Page;
    let problems: string[];

    beforeAll(async () => {
      mkdirSync(PICTURES, { recursive: true });
      browser = await chromium.launch({ executablePath });
    });
    afterAll(() => browser.close());
    beforeEach(async () => {
      words.hold();
      problems = [];
      page = await browser.newPage({ viewport: WIDE });
      page.on('pageerror', (error) => problems.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
    });
    afterEach(async () => {
      await page.close();
      expect(problems).toEqual([]);
    });

    const button = (name: string | RegExp) => page.getByRole('button', { name });
    const logIn = async (user: string) => {
      await page.getByLabel('Your name').fill(user);
      await button('Log in').click();
    };
    const send = async (message: string) => {
      await page.getByLabel('Your message').fill(message);
      await button('Send').click();
    };
    const entry = (name: 'You' | 'Assistant') => page.getByRole('article', { name }).last();
    /** Waits until an answer is there, and the next message can be written. */
    const answered = () => page.locator('#message:enabled').waitFor();
    const conversations = () => page.getByRole('navigation').getByRole('listitem').allInnerTexts();

    /** The page as it is, wide and light, narrow and dark; nothing may stick out at the side. */
    async function take(name: string): Promise<void> {
      for (const { viewport, colorScheme } of LOOKS) {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}.png`) });
        const scrollWidth = await page.evaluate('document.documentElement.scrollWidth');
        expect([name, scrollWidth]).toEqual([name, viewport.width]);
      }
      await page.setViewportSize(WIDE);
    }

    test('shows a day in the life of a conversation', async () => {
      await page.goto(url());
      await page.getByLabel('Your name').waitFor();
      await take('login');
      await logIn(newUser('Ada'));
      await button('I am going to Lisbon on Friday').waitFor();
      await take('empty');

      await send('I am going to Lisbon on Friday');
      words.allow(6);
      await page.getByText('Lisbon on Friday, a fine choice.', { exact: true }).waitFor();
      await take('answering');
      await page.reload();
      await page.getByText('Lisbon on Friday, a fine choice.', { exact: true }).waitFor();
      words.allow(Infinity);
      await answered();
      const answer = await entry('Assistant').innerText();
      expect(answer).toMatch(/^Lisbon on Friday, a fine choice\. .* stays as it is\.$/);
      expect(await page.getByRole('article').count()).toBe(2);

      await send('Please book the train and the hotel');
      await button('Approve: Train: Lisbon, Friday').click();
      await take('approving');
      await button('Reject: Hotel: Lisbon, Friday').click();
      await answered();
      expect(await entry('Assistant').innerText()).toMatch(
        /booked a seat to Lisbon on Friday, as \w+; rejected by the user\./,
      );

      await page.getByText('I am going to Lisbon on Friday').last().hover();
      await button('Edit this message').first().click();
      await page.getByLabel('Edited message').fill('<b>I</b> am going to Oslo on Monday');
      await take('editing');
      await button('Go on from here').click();
      await page.getByText('Oslo on Monday, a fine choice.').waitFor();
      await answered();
      expect(await entry('You').innerText()).toContain('<b>I</b> am going to Oslo on Monday');
      expect(await conversations()).toEqual([
        expect.stringMatching(/^<b>I<\/b> am going to Oslo on Monday\s+edited · /),
        expect.stringMatching(/^I am going to Lisbon on Friday\s+\d/),
      ]);
      await page.getByRole('link', { name: 'I am going to Lisbon' }).click();
      await page.getByText(answer).waitFor();
      await take('edited');

      await button('Erase everything…').click();
      await take('erasing');
      await page.getByRole('dialog').getByRole('button', { name: 'Erase everything' }).click();
      await button('I am going to Lisbon on Friday').waitFor();
      await page.getByRole('navigation').getByRole('listitem').first().waitFor({ state: 'detached' });
    });

    test('goes on where a connection was cut, without a reload', async () => {
      const { hostname, port } = new URL(url());
      const proxy = await startFaultProxy({ host: hostname, port: Number(port) });
      await page.goto(`http://${proxy.host}:${proxy.port}`);
      await logIn(newUser('Tim'));
      await page.getByText('Where are you going?').waitFor();
      await send('I am going to Lisbon on Friday');
      words.allow(3);
      await page.getByText('Lisbon on Friday,', { exact: true }).waitFor();
      proxy.cutAll();
      words.allow(3);
      await page.getByText('Lisbon on Friday, a fine choice.', { exact: true }).waitFor();
      words.allow(Infinity);
      await answered();
      expect(await page.getByRole('article').count()).toBe(2);
      // The browser says so itself.
      expect(problems.splice(0)).toEqual([expect.stringContaining('net::ERR_')]);
      await page.close();
      await proxy.stop();
    });

    test('offers to ask again where the server died before the answer was there', async () => {
      const user = newUser('Grace');
      const sessions = await openChatSessions('redis', process.env.REDIS_URL ?? '');
      const message = { role: 'user' as const, content: 'I am going to Lisbon on Friday' };
      await sessions.session('lost').addItems([message], new RunContext({ user }));
      await sessions.close();
      await page.goto(`${url()}/#/lost`);
      await logIn(user);
      await button('Ask again').waitFor();
      await take('lost');
      words.allow(Infinity);
      await button('Ask again').click();
      await page.getByText('stays as it is.').waitFor();
      await answered();
      expect(await button('Ask again').count()).toBe(0);
    });

    test('shows all conversations by pages, on a narrow page behind a button', async () => {
      words.allow(Infinity);
      await page.goto(url());
      await logIn(newUser('Linus'));
      await page.getByText('Where are you going?').waitFor();
      for (let count = 0; count < 13; count += 1) {
        const begun = await page.request.post(`${url()}/api/chats`, { data: { message: `Trip ${count}` } });
        const { id } = (await begun.json()) as { id: string };
        await page.request.get(`${url()}/api/chats/${id}/answer`);
      }
      await page.reload();
      await button('More').click();
      await page.getByRole('link', { name: 'Trip 0' }).waitFor();
      expect((await conversations()).map((text) => text.split('\n')[0])).toEqual(
        Array.from({ length: 13 }, (_, index) => `Trip ${12 - index}`),
      );
      await page.setViewportSize(NARROW);
      expect(await page.getByRole('link', { name: 'Trip 0' }).isVisible()).toBe(false);
      await button('Show the list of conversations').click();
      await page.getByRole('link', { name: 'Trip 0' }).click();
      await page.getByRole('heading', { name: 'Trip 0' }).waitFor();
      expect(await page.getByRole('link', { name: 'Trip 0' }).isVisible()).toBe(false);
    });
  });
}
