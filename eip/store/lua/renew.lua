-- The holder of a lease makes sure of it before a call, and writes its intent when it will allocate:
-- that is a new version, for whoever read the claim before must not forget it.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the claim
-- KEYS[3]  zset    due: uid -> when to look again
-- KEYS[4]  set     holders: uids of the namespace that have an address, or are about to
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid
-- ARGV[3]  string  token of the lease
-- ARGV[4]  number  length of the lease in milliseconds, from now on
-- ARGV[5]  number  version of the claim that the holder works from
-- ARGV[6]  string  'intent' to note that an address is about to be allocated, else ''
-- ARGV[7]  number  how many holders the namespace may have, 0 for any number
-- ARGV[8]  string  interface that the address is about to be associated with, or ''
--
-- Answers {now, 'HELD' | 'LOST' | 'CHANGED' | 'FULL'}.

local uid, token, lease = ARGV[2], ARGV[3], tonumber(ARGV[4])
local why = given_up(KEYS[2], token, ARGV[5])
if why then
  return { now, why }
end
local limit = tonumber(ARGV[7])
if ARGV[6] == 'intent' and limit > 0 and redis.call('SISMEMBER', KEYS[4], uid) == 0
  and redis.call('SCARD', KEYS[4]) >= limit then
  return { now, 'FULL' }
end
redis.call('HSET', KEYS[2], 'lease_until', now + lease)
redis.call('ZADD', KEYS[3], now + lease, uid)
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[2], 'attempted_interface_id', ARGV[8])
end
if ARGV[6] == 'intent' then
  redis.call('HSET', KEYS[2], 'intent_at', now, 'intent_by', token, 'intent_looks', 0, 'looked_at', 0)
  redis.call('HINCRBY', KEYS[2], 'version', 1)
  redis.call('SADD', KEYS[4], uid)
end
return { now, 'HELD' }
