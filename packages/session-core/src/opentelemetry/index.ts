/** Spans and metrics of OpenTelemetry, for the option `observe`. */
export { openTelemetry, type OpenTelemetryOptions } from './openTelemetry';
