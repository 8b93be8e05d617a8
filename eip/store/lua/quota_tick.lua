-- Wakes the longest parked claim when a probe is due, and all of them where no breaker holds them.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the breaker  fields: open, permits, probe_at (ms)
-- KEYS[3]  zset    parked: uid -> since when it waits
-- KEYS[4]  zset    due: uid -> when to look again
-- ARGV[1]  string  epoch
-- ARGV[2]  number  how many to wake at most where no breaker holds them

local breaker = redis.call('HMGET', KEYS[2], 'open', 'probe_at')
local last = -1
if breaker[1] ~= '1' then
  last = tonumber(ARGV[2]) - 1
elseif now >= tonumber(breaker[2] or '0') then
  last = 0
end
if last < 0 then
  return 0
end
local woken = redis.call('ZRANGE', KEYS[3], 0, last)
for _, uid in ipairs(woken) do
  redis.call('ZADD', KEYS[4], 'NX', now, uid)
  if breaker[1] ~= '1' then
    redis.call('ZREM', KEYS[3], uid)
  end
end
return #woken
