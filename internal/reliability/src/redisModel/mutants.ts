import type { Mutant } from './scripts';

/** One for each rule of the scripts that keeps records from being lost or doubled. The model must catch every one. */
export const MUTANTS: readonly Mutant[] = [
  {
    breaks: 'a commit that has landed is not made again',
    find: 'if landed then\n  local made',
    replace: 'if false then\n  local made',
  },
  {
    breaks: 'a clear that has landed is not made again',
    find: "if landed then return 'cleared ' .. rests .. '  ' .. id end",
    replace: '',
  },
  { breaks: 'a commit leaves its id', find: ', entry, landing .. newest', replace: '' },
  { breaks: 'a clear leaves its id', find: ", 'c:' .. id, landing .. newest)", replace: ')' },
  {
    breaks: 'a clear keeps the ids of commits before it',
    find: "string.sub(field, 1, 2) ~= 'c:' and field ~= 'turn'",
    replace: 'true',
  },
  {
    breaks: 'who comes again after ids were forgotten is told so',
    find: 'forgotten > 0 and (lost or',
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
    find: 'if others > 0 then forgotten = turned end',
    replace: '',
  },
  {
    breaks: 'what is known of the ids is lost with the hash',
    find: 'lost = length > 0',
    replace: '',
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
    breaks: 'the half that is deleted is the older one',
    find: "redis.call('HMGET', meta, 'turn')[1]",
    replace: 'newest',
  },
  { breaks: 'each id names the one before it', find: 'entry, landing .. newest', replace: 'entry, landing' },
  {
    breaks: 'where the older half begins is noted',
    find: "redis.call('HSET', meta, 'turn', turning)",
    replace: '',
  },
  {
    breaks: 'a repair names the id before it',
    find: "string.gsub(id, '~', '') .. '!' .. string.match(newest, '[%w_~-]*$')",
    replace: "string.gsub(id, '~', '')",
  },
  {
    breaks: 'what is no longer remembered is deleted',
    find: 'if #obsolete > 0 then',
    replace: 'if false then',
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
    find: 'if unsure and lost or not unsure and not',
    replace: 'if unsure and lost or false and not',
  },
  {
    breaks: 'a revision stands for a list of its length only',
    find: 'if stored == length then',
    replace: 'if true then',
  },
  {
    breaks: 'what takes something off leaves a mark, for readers of what is new',
    find: 'if kept < length or begins or not revision then shrunk = last end',
    replace: '',
  },
  {
    breaks: 'so does an append to a list that is other than the hash says',
    find: 'bytes, shrunk, setting = nil, last, true',
    replace: 'bytes, setting = nil, true',
  },
  {
    breaks: 'each commit has a revision of its own',
    find: '.. landing .. id\nif begins',
    replace: ".. struct.pack('>I7I4', 1, total) .. 'x'\nif begins",
  },
  {
    breaks: 'a list that is other than the hash says is found out by who appends to it',
    find: 'total ~= kept + appended then',
    replace: 'false then',
  },
  { breaks: 'an operation is applied once', find: "'o:' .. operation, ARGV[9])", replace: "'', '')" },
  {
    breaks: 'another operation under the same id is refused',
    find: 'if fingerprint and fingerprint == ARGV[9] then',
    replace: 'if fingerprint then',
  },
  {
    breaks: 'as many records are dropped as are asked for',
    find: 'and 0 or length - drop',
    replace: 'and 0 or length',
  },
  {
    breaks: 'a list that is replaced keeps nothing of the old one',
    find: "redis.call('LTRIM', items, 1, -1)",
    replace: '',
  },
  {
    breaks: 'both keys expire together',
    find: "redis.call('PEXPIREAT', meta, deadline)",
    replace: '',
  },
  { breaks: 'a clear forgets the records', find: "redis.call('UNLINK', items)", replace: '' },
];
