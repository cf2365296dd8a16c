import { FetchHttpHandler, streamCollector } from '@smithy/fetch-http-handler';

/** Options of a client that sends by `fetch`, as the SDK sets them itself in browsers and other runtimes than Node. */
export const byFetch = { requestHandler: new FetchHttpHandler(), streamCollector };
