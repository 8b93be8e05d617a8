-- May this claim try to allocate, or must it park until an address is free?
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the breaker  fields: open, probe_at (ms)
-- KEYS[3]  zset    parked: uid -> since when it waits
-- KEYS[4]  set     permits: uids that may try once
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid
-- ARGV[3]  number  milliseconds between two probes
--
-- Answers 1 or 0. While the breaker is open a claim needs a permit, or makes the probe that is due;
-- the probe is the longest parked claim's.

local breaker = redis.call('HMGET', KEYS[2], 'open', 'probe_at')
if breaker[1] ~= '1' or redis.call('SREM', KEYS[4], ARGV[2]) == 1 then
  return 1
end
local oldest = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
if (not oldest or oldest == ARGV[2]) and now >= tonumber(breaker[2] or '0') then
  redis.call('HSET', KEYS[2], 'probe_at', now + tonumber(ARGV[3]))
  return 1
end
return 0
