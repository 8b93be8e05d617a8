-- Hands out the claims whose time has come, each to one dispatcher.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  zset    due: uid -> when to look again
-- ARGV[1]  string  epoch
-- ARGV[2]  number  how many at most
-- ARGV[3]  number  milliseconds after which they are due again, should the dispatcher die
--
-- Answers the uids, longest due first.

local uids = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, tonumber(ARGV[2]))
for _, uid in ipairs(uids) do
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[3]), uid)
  doubt('eip:claim:' .. uid)
end
return uids
