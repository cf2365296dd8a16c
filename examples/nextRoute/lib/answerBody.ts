/** The words of an answer as a response's body. Who leaves hears no more of it; the answer is completed, and stored. */
export function answerBody(words: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let hasLeft = false;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const tell = async (): Promise<void> => {
        for await (const word of words) if (!hasLeft) controller.enqueue(encoder.encode(word));
        if (!hasLeft) controller.close();
      };
      tell().catch((error: unknown) => {
        // Not its message, which may quote what was said.
        console.error('An answer failed:', error instanceof Error ? error.name : typeof error);
        if (!hasLeft) controller.error(error);
      });
    },
    cancel() {
      hasLeft = true;
    },
  });
}
