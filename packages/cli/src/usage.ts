export function usage(): string {
  return `agent-sessions <command> [arguments] [options]

  list                         the sessions of an owner: --owner NAME [--limit N] [--details]
  show SESSION                 the conversation, as one reads it [--last N]
  describe SESSION             items, bytes, times and revision, without the conversation
  export SESSION [FILE]        as JSON Lines; to the standard output without FILE
  import SESSION [FILE]        an export, into a session that holds nothing; from the standard input without FILE
         --items               FILE is a list of items in JSON, of either SDK
         --python PACKAGE      what openai-agents or openai-agents-session has stored [--python-prefix P]
  copy SESSION...              to another database: --to-redis or --to-dynamodb; all of --owner NAME
  erase SESSION...             deletes sessions, or all of --owner NAME; asks, or takes --yes
  verify SESSION...            looks at what is stored for damage

where:
  --redis URL [--prefix P]                                    Redis or Valkey
  --dynamodb TABLE [--prefix P] [--region R] [--endpoint URL] DynamoDB, with credentials as the AWS SDK finds them
  --to-redis, --to-dynamodb, --to-prefix, --to-region, --to-endpoint, --to-encryption: the same for copy

which:
  --scope NAME        sessions of this scope
  --owner NAME        those that are listed in this owner's index; with show and the like: list the session there
  --encryption FILE   a module whose default export is what encryptWith returns
  --ttl SECONDS       what is written expires so long after its last write

how:
  --json              for programs
  --yes               do not ask
  --help`;
}
