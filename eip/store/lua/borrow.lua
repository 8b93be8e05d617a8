-- The holder of a lease takes the first lent address that nobody has, or lines up for one.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the claim
-- KEYS[3]  zset    due: uid -> when to look again
-- KEYS[4]  set     holders: uids of the namespace that have an address, or are about to
-- KEYS[5]  hash    borrowed: allocation id -> uid of the pod that has it
-- KEYS[6]  hash    returned: allocation id -> its last association, which is gone
-- KEYS[7]  zset    the line: uid -> since when it waits
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid
-- ARGV[3]  string  token of the lease
-- ARGV[4]  number  version of the claim that the holder works from
-- ARGV[5]  number  how many holders the namespace may have, 0 for any number
-- ARGV[6+]         triples of allocation id, public IP, and the association that EC2 shows: '' for none, 'own' for
--                  one with the pod's own IP, which no limit takes from it; no triples to line up
--
-- Answers {now, 'HELD', allocation id}, {now, 'LOST' | 'CHANGED' | 'FULL'}, or {now, 'NONE', uid} with the
-- pod that has the first of them, or ''.

local uid, token = ARGV[2], ARGV[3]
local why = given_up(KEYS[2], token, ARGV[4])
if why then
  return { now, why }
end

local woken = redis.call('HDEL', KEYS[2], 'woken') == 1
local limit = tonumber(ARGV[5])
local full = limit > 0 and redis.call('SISMEMBER', KEYS[4], uid) == 0 and redis.call('SCARD', KEYS[4]) >= limit
local first = ''
for i = 6, #ARGV, 3 do
  local allocation_id, association = ARGV[i], ARGV[i + 2]
  local owner = borrower(KEYS[5], allocation_id)
  first = first ~= '' and first or owner or ''
  local free = association == '' or redis.call('HGET', KEYS[6], allocation_id) == association
  if not owner and (association == 'own' or (free and not full)) then
    redis.call('HSET', KEYS[5], allocation_id, uid)
    redis.call('HSET', KEYS[2], 'allocation_id', allocation_id, 'public_ip', ARGV[i + 1], 'lent', 1,
      'allocated_at', now, 'changed_at', now)
    redis.call('HINCRBY', KEYS[2], 'version', 1)
    redis.call('SADD', KEYS[4], uid)
    if redis.call('ZREM', KEYS[7], uid) == 1 then
      wake_next(KEYS[7], KEYS[3])
    end
    return { now, 'HELD', allocation_id }
  end
end
if not full then
  redis.call('ZADD', KEYS[7], 'NX', now, uid)
end
if woken then
  wake_next(KEYS[7], KEYS[3], uid)
end
if full then
  redis.call('ZREM', KEYS[7], uid)
  return { now, 'FULL' }
end
return { now, 'NONE', first }
