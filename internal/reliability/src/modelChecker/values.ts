import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** As DynamoDB writes it: without leading zeros. */
const INTEGER = /^-?[1-9]\d*$/;

/** Their order as DynamoDB sorts and compares them; undefined where the types differ, or have no order. */
export function compareValues(left: AttributeValue, right: AttributeValue): number | undefined {
  if (left.N !== undefined && right.N !== undefined) return compareNumbers(left.N, right.N);
  if (left.S !== undefined && right.S !== undefined) {
    return Buffer.compare(Buffer.from(left.S), Buffer.from(right.S));
  }
  if (left.B !== undefined && right.B !== undefined) return Buffer.compare(left.B, right.B);
  return undefined;
}

export function equalValues(left: AttributeValue, right: AttributeValue): boolean {
  return (compareValues(left, right) ?? (text(left) === text(right) ? 0 : 1)) === 0;
}

/** Also where they have more digits than a double can hold. */
function compareNumbers(left: string, right: string): number {
  const isExact = left.length < 16 && right.length < 16;
  if (isExact || !INTEGER.test(left) || !INTEGER.test(right)) return Number(left) - Number(right);
  const [isNegative, isOtherNegative] = [left.startsWith('-'), right.startsWith('-')];
  if (isNegative !== isOtherNegative) return isNegative ? -1 : 1;
  const order = left.length - right.length || (left < right ? -1 : left === right ? 0 : 1);
  return isNegative ? -order : order;
}

function text(value: AttributeValue): string {
  return JSON.stringify(value);
}
