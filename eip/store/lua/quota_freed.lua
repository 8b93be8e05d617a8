-- An address may be had: an allocation went through, one was released, or a permit was not used.
-- While the breaker is open the longest parked claim without a permit gets one; it closes when nobody
-- is parked.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the breaker  fields: open, probe_at (ms)
-- KEYS[3]  zset    parked: uid -> since when it waits
-- KEYS[4]  set     permits: uids that may try once
-- KEYS[5]  zset    due: uid -> when to look again
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid that waits no longer, or ''
-- ARGV[3]  string  'unused' when only that uid's unused permit is passed on, else ''
--
-- Answers the uid that was permitted, or ''.

local held = redis.call('SREM', KEYS[4], ARGV[2])
redis.call('ZREM', KEYS[3], ARGV[2])
if redis.call('HGET', KEYS[2], 'open') ~= '1' or (ARGV[3] == 'unused' and held == 0) then
  return ''
end
return permit_next(KEYS[2], KEYS[3], KEYS[4], KEYS[5])
