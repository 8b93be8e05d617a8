-- Runs ahead of every script that names the epoch.
--
-- KEYS[1]  hash    epoch        fields: epoch, run_id, refilled, listed, fence, swept_at, newest, ahead
-- ARGV[1]  string  the epoch that the caller believes in
--
-- Answers EPOCH when the claims were lost, or when another server process holds them: a server
-- that was restarted or promoted may have forgotten its last second.

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

do
  local known = redis.call('HMGET', KEYS[1], 'epoch', 'run_id', 'ahead')
  -- By how much the server's clock was put back: an age is never negative, and nothing waits longer for it.
  now = now + tonumber(known[3] or '0')
  local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
  if known[1] ~= ARGV[1] or known[2] ~= run_id then
    return redis.error_reply('EPOCH the claims are of another epoch than ' .. ARGV[1])
  end
end
