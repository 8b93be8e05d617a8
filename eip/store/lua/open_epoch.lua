-- Reads the epoch, and begins a new one where it is missing or of another server process.
--
-- KEYS[1]  hash    epoch        fields: epoch, run_id, refilled, listed, fence, swept_at, newest, ahead
-- ARGV[1]  string  the name of the new epoch, should one begin
--
-- Answers {epoch, refilled (0 or 1), listed (0 or 1)}.

local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local known = redis.call('HMGET', KEYS[1], 'epoch', 'run_id', 'refilled', 'listed')
if known[1] and known[2] == run_id then
  return { known[1], tonumber(known[3]), tonumber(known[4]) }
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run_id', run_id, 'refilled', 0, 'listed', 0)
return { ARGV[1], 0, 0 }
