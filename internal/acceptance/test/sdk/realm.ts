/**
 * Jest runs tests in a realm of their own, but gives them Node's `structuredClone`, whose objects are of Node's realm. The
 * SDK does not take those for plain objects, so that two equal items differ for it. Nowhere else are there two realms.
 */
const cloneOfNode = globalThis.structuredClone;

function cloneHere(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cloneHere);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return cloneOfNode(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) return cloneOfNode(value);
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, cloneHere(held)]));
}

globalThis.structuredClone = cloneHere as typeof structuredClone;
