/** The spans and metrics of the core, so that an application installs and imports one package. */
export * from '@agent-sessions/session-core/opentelemetry';
