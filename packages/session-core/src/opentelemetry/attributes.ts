import type { Attributes } from '@opentelemetry/api';
import type { EndedStoreCall, StoreCall } from '../store/observeCall';

/*
 * The names of OpenTelemetry's conventions for database clients, stable since 1.33:
 * https://opentelemetry.io/docs/specs/semconv/db/database-spans/
 * What these have no name for begins with `agent_sessions.`.
 */

/** What all spans and metrics of a call have: few values each, and none of a session's. */
export function attributesOf({ verb, system, collection }: StoreCall): Attributes {
  return {
    'db.system.name': system,
    'db.operation.name': verb,
    ...(collection !== '' && { 'db.collection.name': collection }),
  };
}

/** What spans and metrics of an ended call have besides. */
export function outcomeOf({ status, errorCode }: EndedStoreCall): Attributes {
  return {
    ...(errorCode !== undefined && { 'error.type': errorCode }),
    ...(status !== undefined && { 'agent_sessions.commit.status': status }),
  };
}

/** What spans of an ended call have, and metrics measure. */
export function amountsOf(ended: EndedStoreCall): Attributes {
  const { verb, records, bytes, tries, readUnits, writeUnits, errorCode } = ended;
  return {
    ...(verb === 'read' && errorCode === undefined && { 'db.response.returned_rows': records }),
    // A batch is of two or more, as the conventions have it.
    ...(verb === 'commit' && records > 1 && { 'db.operation.batch.size': records }),
    'agent_sessions.tries': tries,
    'agent_sessions.bytes': bytes,
    ...(readUnits !== undefined && { 'agent_sessions.read_units': readUnits }),
    ...(writeUnits !== undefined && { 'agent_sessions.write_units': writeUnits }),
  };
}

/** Of the conventions for generative AI: https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ */
export const CONVERSATION_ID = 'gen_ai.conversation.id';
