import type { Attributes, Context, Meter } from '@opentelemetry/api';
import type { EndedStoreCall } from '../store/observeCall';

/** As the conventions advise: https://opentelemetry.io/docs/specs/semconv/db/database-metrics/ */
const SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const ROWS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/** From a short item to what takes DynamoDB several requests. */
const BYTES = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];

/** What notes the calls of stores by the instruments of a meter. */
export function recorder(
  meter: Meter,
): (ended: EndedStoreCall, attributes: Attributes, context: Context) => void {
  const duration = meter.createHistogram('db.client.operation.duration', {
    description: 'Duration of database client operations.',
    unit: 's',
    advice: { explicitBucketBoundaries: SECONDS },
  });
  const returnedRows = meter.createHistogram('db.client.response.returned_rows', {
    description: 'The actual number of records returned by the database operation.',
    unit: '{row}',
    advice: { explicitBucketBoundaries: ROWS },
  });
  const size = meter.createHistogram('agent_sessions.bytes', {
    description: 'Bytes of the records that were read, or appended, as they are stored.',
    unit: 'By',
    advice: { explicitBucketBoundaries: BYTES },
  });
  const retries = meter.createCounter('agent_sessions.retries', {
    description: 'How often something was sent again.',
    unit: '{retry}',
  });
  const read = meter.createCounter('agent_sessions.read_units', {
    description: 'Read units that DynamoDB has charged for.',
    unit: '{unit}',
  });
  const written = meter.createCounter('agent_sessions.write_units', {
    description: 'Write units that DynamoDB has charged for.',
    unit: '{unit}',
  });
  return (ended, attributes, context) => {
    const { verb, durationMs, records, bytes, tries, readUnits, writeUnits, errorCode } = ended;
    duration.record(durationMs / 1_000, attributes, context);
    const hasAmount = errorCode === undefined && (verb === 'read' || verb === 'commit');
    if (hasAmount) size.record(bytes, attributes, context);
    if (hasAmount && verb === 'read') returnedRows.record(records, attributes, context);
    // Also by none, so that there is a series before the first one.
    retries.add(tries - 1, attributes, context);
    if (readUnits !== undefined) read.add(readUnits, attributes, context);
    if (writeUnits !== undefined) written.add(writeUnits, attributes, context);
  };
}
