-- The holder of a lease takes over the address that is kept for its pod's name, from the pod before it.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the claim
-- KEYS[3]  hash    the claim of the pod before it
-- KEYS[4]  set     uids of all claims
-- KEYS[5]  zset    due: uid -> when to look again
-- KEYS[6]  string  the tombstone of the pod before it
-- KEYS[7]  set     holders: uids of the namespace that have an address, or are about to
-- KEYS[8]  hash    kept: namespace/name -> uid of the pod whose address stays for the next of that name
-- KEYS[9]  hash    private IP -> resourceVersion and uid of the pod that was last seen with it
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid
-- ARGV[3]  string  token of the lease
-- ARGV[4]  number  version of the claim that the holder works from
-- ARGV[5]  string  uid of the pod before it
-- ARGV[6]  number  version of that pod's claim that the caller read
-- ARGV[7]  number  seconds that the tombstone stands
-- ARGV[8+] string  the fields that go from claim to claim
--
-- Answers {now, 'HELD' | 'LOST' | 'CHANGED' | 'BUSY'}: busy when a step works on the other claim, or has done so
-- since it was read, or may have left an address that nobody knows of yet, or a second one.

local uid, token, other = ARGV[2], ARGV[3], ARGV[5]
local why = given_up(KEYS[2], token, ARGV[4])
if why then
  return { now, why }
end
local theirs = redis.call('HMGET', KEYS[3], 'lease_until', 'version', 'intent_at', 'doubles')
if tonumber(theirs[1] or '0') > now or theirs[2] ~= ARGV[6] or theirs[3] or theirs[4] then
  return { now, 'BUSY' }
end

doubt(KEYS[3])

for i = 8, #ARGV do
  local value = redis.call('HGET', KEYS[3], ARGV[i])
  if value then
    redis.call('HSET', KEYS[2], ARGV[i], value)
  end
end
redis.call('HSET', KEYS[2], 'retag', 1, 'changed_at', now)
redis.call('HINCRBY', KEYS[2], 'version', 1)
leave_ip(KEYS[9], redis.call('HGET', KEYS[3], 'pod_ip') or '', other)
redis.call('DEL', KEYS[3])
redis.call('SREM', KEYS[4], other)
redis.call('ZREM', KEYS[5], other)
redis.call('SET', KEYS[6], now, 'EX', ARGV[7])
redis.call('SREM', KEYS[7], other)
redis.call('SADD', KEYS[7], uid)
local name = redis.call('HMGET', KEYS[2], 'namespace', 'name')
redis.call('HSET', KEYS[8], name[1] .. '/' .. name[2], uid)
return { now, 'HELD' }
