import * as fc from 'fast-check';
import type { $ZodType, $ZodTypes } from 'zod/v4/core';

/**
 * Values of a zod schema. A kind of schema that it does not know is an error, never a value left out.
 *
 * Where a schema leaves the value open, it is whatever a session must bring back exactly: bytes, the number -0, keys such as
 * `__proto__`, text with lone surrogates.
 */
export function arbitraryOf(schema: $ZodType): fc.Arbitrary<unknown> {
  const { def } = (schema as $ZodTypes)._zod;
  switch (def.type) {
    case 'string':
      return valid(schema, text);
    case 'number':
      return valid(
        schema,
        fc.oneof(fc.integer(), fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true })),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'literal':
      return fc.constantFrom(...def.values);
    case 'enum':
      return fc.constantFrom(...Object.values(def.entries));
    case 'any':
    case 'unknown':
      return anything;
    case 'custom':
      return valid(schema, fc.uint8Array({ maxLength: 20 }));
    case 'nullable':
      return fc.oneof(fc.constant(null), arbitraryOf(def.innerType));
    case 'array':
      return valid(schema, fc.array(arbitraryOf(def.element), { maxLength: 3 }));
    case 'record':
      return fc.dictionary(key, arbitraryOf(def.valueType), { maxKeys: 4, noNullPrototype: true });
    case 'union':
      return fc.oneof(...def.options.map(arbitraryOf));
    case 'object':
      return valid(schema, objectOf(def.shape, def.catchall));
    default:
      throw new Error(`no values for a schema of the kind ${def.type}`);
  }
}

function objectOf(
  shape: Readonly<Record<string, $ZodType>>,
  catchall: $ZodType | undefined,
): fc.Arbitrary<unknown> {
  const required: string[] = [];
  const fields = Object.entries(shape).map(([name, field]) => {
    const { def } = (field as $ZodTypes)._zod;
    if (def.type === 'optional') return [name, arbitraryOf(def.innerType)] as const;
    required.push(name);
    return [name, arbitraryOf(field)] as const;
  });
  const known = fc.record(Object.fromEntries(fields), { requiredKeys: required, noNullPrototype: true });
  const isOpen = catchall !== undefined && (catchall as $ZodTypes)._zod.def.type !== 'never';
  if (!isOpen) return known;
  const others = fc.dictionary(key, anything, { maxKeys: 2, noNullPrototype: true });
  return fc.tuple(others, known).map(([more, fields]) => ({ ...more, ...fields }));
}

/** Refinements and checks are the schema's own business. */
function valid(schema: $ZodType, candidates: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const parse = (schema as unknown as { safeParse(value: unknown): { success: boolean } }).safeParse.bind(
    schema,
  );
  return candidates.filter((value) => parse(value).success);
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  // Lone surrogates among them.
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((units) => String.fromCharCode(...units)),
);

const key = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', 'toJSON', '$bytes', '$$bytes', 'type', ''),
);

const { anything } = fc.letrec<{ anything: unknown; list: unknown[]; object: unknown }>((tie) => ({
  anything: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.constantFrom(null, true, false, 0, -0, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER + 2),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.uint8Array({ maxLength: 8 }),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('anything'), { maxLength: 3 }),
  object: fc.dictionary(key, tie('anything'), { maxKeys: 3, noNullPrototype: true }),
}));
