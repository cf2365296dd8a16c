/*
 * The dictionary of record format 0x01: what items of the SDK begin and end with, as they are stored, and words of tools' JSON,
 * of code and of prose. It is frozen for ever, because a record can be read only with the very dictionary that it was written
 * with: an improvement is another dictionary with a format byte of its own.
 *
 * What is found in most records stands last: the nearer it is to a record, the less it costs to refer to it.
 */

const FEWER_ITEMS = [
  '{"type":"shell_call_output","output":[{"stdout":"","stderr":"","outcome":{"type":"exit","exitCode":0}}]',
  'apply_patch_call","operation":{"type":"update_file","path":"","diff":"',
  'hosted_tool_call","name":"mcp_call","file_search_call","queries":["web_search_call","action":{"type":"search","query":"',
  'url_citation","start_index":,"end_index":,"url":"https://www.',
];

const CODE = [
  ';\\nexport function async (: string): Promise<void> {\\n    return await this. => {\\n  const  = new \\n',
  "import  from ';\\n    if (!== undefined) throw ",
];

const TOOLS = [
  '\\",\\"description\\":\\"\\",\\"created_at\\":\\"2026-01-01T00:00:00.000Z\\",\\"email\\":null,\\"status\\":\\"active\\",\\"type\\":\\"user\\",',
  '\\"count\\":1,\\"total\\":0,\\"price\\":10.0,\\"currency\\":\\"USD\\",\\"value\\":true,\\"error\\":false,\\"message\\":\\"{\\"results\\":[{\\"id\\":\\"\\",',
  '\\"name\\":\\"\\",\\"title\\":\\"\\",\\"url\\":\\"https://www.\\",\\"date\\":\\"\\",\\"text\\":\\"\\"},{\\"query\\":\\"\\",\\"limit\\":10}',
];

const PROSE = [
  ' between because through which would there about their other first after should could have been will this are from',
  ' were more when what your you can not with that for is it on as be by or an and in the of to a. If you want, I can The ',
];

const ITEMS = [
  '{"type":"reasoning","id":"rs_0","content":[{"type":"input_text","text":"**","providerData":{"type":"summary_text"}}],',
  '"providerData":{"id":"rs_0","type":"reasoning","encrypted_content":"gAAAAAB',
  '{"type":"message","role":"user","content":[{"type":"input_text","text":"',
  '{"type":"message","role":"user","content":"{"role":"user","content":"',
  '{"type":"function_call_result","name":"get_search_","callId":"call_","status":"completed","output":{"type":"text","text":"{\\"',
  '{"type":"function_call","id":"fc_0","callId":"call_","name":"","status":"completed","arguments":"{\\"',
  '","providerData":{"id":"fc_0","type":"function_call"}}',
  '{"id":"msg_0","type":"message","role":"assistant","content":[{"type":"output_text","text":"',
  '","providerData":{"annotations":[],"logprobs":[]}}],"status":"completed","phase":"final_answer","providerData":{"phase":"final_answer"}}',
];

/** ASCII, so that its characters are its bytes. */
export const DICTIONARY_1 = [...FEWER_ITEMS, ...CODE, ...TOOLS, ...PROSE, ...ITEMS].join('');
