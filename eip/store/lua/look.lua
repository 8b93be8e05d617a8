-- Reads in one round trip what every worker says of the whole installation.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  zset    due: uid -> when to look again
-- KEYS[3]  hash    suspects: allocation id -> since when, in milliseconds
-- KEYS[4]  hash    the breaker  fields: open, probe_at (ms)
-- KEYS[5]  string  JSON: the claims as one worker counted them for all
-- KEYS[6]  string  JSON: the account's quota as one worker read it for all
-- KEYS[7+]         of each queue its wake-ups (zset) and the Celery queue (list), in turn
-- ARGV[1]  string  epoch
--
-- Answers {due, suspects, 1 while the breaker is open else 0, claims or '', quota or '', lines}; a line is
-- {wake-ups, age of the oldest in milliseconds, messages}.

local lines = {}
for i = 7, #KEYS, 2 do
  local oldest = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')[2]
  local age = oldest and math.max(0, now - tonumber(oldest)) or 0
  lines[#lines + 1] = { redis.call('ZCARD', KEYS[i]), age, redis.call('LLEN', KEYS[i + 1]) }
end
return {
  redis.call('ZCARD', KEYS[2]),
  redis.call('HLEN', KEYS[3]),
  redis.call('HGET', KEYS[4], 'open') == '1' and 1 or 0,
  redis.call('GET', KEYS[5]) or '',
  redis.call('GET', KEYS[6]) or '',
  lines,
}
