-- EC2 answered AddressLimitExceeded: opens the breaker, and takes back every permit.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the breaker  fields: open, probe_at (ms)
-- KEYS[3]  set     permits: uids that may try once
-- ARGV[1]  string  epoch
-- ARGV[2]  number  milliseconds until the next probe

redis.call('HSET', KEYS[2], 'open', 1, 'probe_at', now + tonumber(ARGV[2]))
redis.call('DEL', KEYS[3])
return 1
