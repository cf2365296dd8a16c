const colours = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const style = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = style(1);
export const dim = style(2);
export const red = style(31);
export const yellow = style(33);
export const magenta = style(35);
export const cyan = style(36);

/** Prints one entry of a process's part of the conversation. */
export function say(...words: readonly string[]): void {
  console.log(words.join('  ').replace(/^/gm, dim('│ ')));
}
