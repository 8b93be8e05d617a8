-- Hands out the claims whose time has come, each to one dispatcher. Every worker asks twice a second, so this is
-- where a clock that was put back shows.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  zset    due: uid -> when to look again
-- ARGV[1]  string  epoch
-- ARGV[2]  number  how many at most
-- ARGV[3]  number  milliseconds after which they are due again, should the dispatcher die
--
-- Answers the uids, longest due first.

local newest = tonumber(redis.call('HGET', KEYS[1], 'newest') or '0')
if now < newest then
  redis.call('HINCRBY', KEYS[1], 'ahead', newest - now)
  now = newest
end
redis.call('HSET', KEYS[1], 'newest', now)

local uids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, tonumber(ARGV[2]))
for _, uid in ipairs(uids) do
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), uid)
  doubt('eip:claim:' .. uid)
end
return uids
