import type { Mutant } from './scripts';

/** One for each rule of the scripts that keeps records from being lost or doubled. The model must catch every one. */
export const MUTANTS: readonly Mutant[] = [
  {
    breaks: 'a commit that has landed is not made again',
    find: "if landed then\n  return {rests, 'committed'",
    replace: "if false then\n  return {rests, 'committed'",
  },
  {
    breaks: 'a clear that has landed is not made again',
    find: "if landed then return {rests, 'cleared', ''} end",
    replace: '',
  },
  { breaks: 'a commit leaves its id', find: "'c:' .. id, landing, ", replace: '' },
  { breaks: 'a clear leaves its id', find: ", 'c:' .. id, '', place, id)", replace: ')' },
  {
    breaks: 'a clear keeps the ids of commits before it',
    find: "string.sub(field, 1, 2) ~= 'c:' and not string.find(field, '^[ab]%d+$')",
    replace: 'true',
  },
  {
    breaks: 'who comes again after ids were forgotten is told so',
    find: "forgotten ~= '0' and (lost or",
    replace: 'false and (lost or',
  },
  {
    breaks: 'so is who comes again to a session that is empty once more',
    find: " or expected == '0') and",
    replace: ') and',
    firstSeed: 21_020,
  },
  {
    breaks: 'ids that are deleted before their time are counted as forgotten',
    find: 'forgotten = turned',
    replace: '',
  },
  {
    breaks: 'what is known of the ids is lost with the hash',
    find: 'local lost = not known and length > 0',
    replace: 'local lost = false',
  },
  {
    breaks: 'it is noted that the ids were lost, so that who comes again is not sent away for ever',
    find: 'if unsure and lost or not unsure',
    replace: 'if not unsure',
  },
  {
    breaks: 'sequence numbers grow where a hash begins anew',
    find: 'local now = time[1] * 1e6 + time[2]',
    replace: 'local now = 1e15',
  },
  {
    breaks: 'the half that is emptied is the older one',
    find: "local emptied = half == 'a' and 'b' or 'a'",
    replace: 'local emptied = half',
  },
  { breaks: 'each id has a place, by which it is deleted', find: 'landing, place, id', replace: 'landing' },
  {
    breaks: 'what is no longer remembered is deleted',
    find: "if #obsolete > 0 then redis.call('HDEL'",
    replace: "if false then redis.call('HDEL'",
  },
  {
    breaks: 'a commit goes in only at its revision',
    find: "local conflict = expected ~= '' and expected ~= revision",
    replace: 'local conflict = false',
  },
  {
    breaks: 'a conflict appends nothing',
    find: 'if conflict or unsure then',
    replace: 'if unsure then',
  },
  {
    breaks: 'a conflict with a damaged session repairs it',
    find: 'if unsure and lost or not unsure and not revision then',
    replace: 'if unsure and lost then',
  },
  {
    breaks: 'a revision stands for a list of its length only',
    find: 'elseif tonumber(stored) ~= length then',
    replace: 'elseif false then',
  },
  {
    breaks: 'each commit has a revision of its own',
    find: "(began == '0' and seq or began) .. ' ' .. revision,",
    replace: "'1 1.' .. kept + appended .. '.x',",
  },
  { breaks: 'an operation is applied once', find: "'o:' .. operation, ARGV[8]\n", replace: "'', ''\n" },
  {
    breaks: 'another operation under the same id is refused',
    find: 'if fingerprint == ARGV[8] then return',
    replace: 'if fingerprint then return',
  },
  {
    breaks: 'as many records are dropped as are asked for',
    find: 'and 0 or length - drop',
    replace: 'and 0 or length',
  },
  {
    breaks: 'a list that is replaced keeps nothing of the old one',
    find: "if replaces then redis.call('LTRIM', items, 1, -1) end",
    replace: '',
  },
  {
    breaks: 'both keys expire together',
    find: 'for _, key in ipairs(kept + appended > 0 and KEYS or {meta}) do',
    replace: 'for _, key in ipairs({items}) do',
  },
  { breaks: 'a clear forgets the records', find: "redis.call('UNLINK', items)", replace: '' },
];
