-- The one way in which a claim is written: compare the version, set fields, and say when to look next.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the claim
-- KEYS[3]  set     uids of all claims
-- KEYS[4]  zset    due: uid -> when to look again
-- KEYS[5]  zset    parked: uid -> since when it waits for the quota
-- KEYS[6]  string  the pod's tombstone
-- KEYS[7]  hash    private IP -> resourceVersion and uid of the pod that was last seen with it
-- KEYS[8]  zset    wake-ups of the queue to wake: uid -> when it was queued
-- KEYS[9]  set     permits: uids that may try to allocate once although the quota is used up
-- KEYS[10] set     holders: uids of the namespace that have an address, or are about to
-- KEYS[11] hash    borrowed: allocation id of a lent address -> uid of the pod that has it
-- KEYS[12] hash    returned: allocation id of a lent address -> its last association, which is gone
-- KEYS[13] hash    kept: namespace/name -> uid of the pod whose address stays for the next of that name
-- KEYS[14] string  the beginning of the names of the lines of who waits for lent addresses
-- KEYS[15] hash    the breaker that the quota has opened
-- KEYS[16+] zset   wake-ups of every queue, for `ensure`; those of `allocate` last
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid
-- ARGV[3]  number  version of the claim that the caller read, 0 when there was none
-- ARGV[4]  string  token of the caller's lease, which is given back; '' when it holds none
-- ARGV[5]  string  transitions of the caller's Lease of leadership; '' when it does not lead
-- ARGV[6]  string  'wake' | 'ensure' | 'due' | 'park' | 'rest' | 'forget' | 'leave'
-- ARGV[7]  number  milliseconds until due, or seconds that the tombstone stands
-- ARGV[8]  string  private IP that the pod has, or ''
-- ARGV[9]  string  private IP that it had, or ''
-- ARGV[10] number  resourceVersion of the pod
-- ARGV[11+]        pairs of field and value; the value '' removes the field
--
-- Answers {'OK', send (0 or 1), sequence}, {'CONFLICT'}, {'LOST'} or {'STALE'}.

local uid, version, token, schedule = ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[6]

if ARGV[5] ~= '' then
  local fence = tonumber(redis.call('HGET', KEYS[1], 'fence') or '-1')
  if tonumber(ARGV[5]) < fence then
    return { 'STALE' }
  end
  redis.call('HSET', KEYS[1], 'fence', ARGV[5])
end

local known = redis.call('HMGET', KEYS[2], 'version', 'lease_token', 'lease_until')
if token ~= '' and known[2] ~= token then
  return { 'LOST' }
end
if tonumber(known[1] or '0') ~= version then
  return { 'CONFLICT' }
end

-- A permit that it has not used is for the next one.
local function waits_no_longer()
  redis.call('ZREM', KEYS[5], uid)
  if redis.call('SREM', KEYS[9], uid) == 1 then
    permit_next(KEYS[15], KEYS[5], KEYS[9], KEYS[4])
  end
end

local before = claim_of(KEYS[2])
local leased = token == '' and tonumber(known[3] or '0') > now

if ARGV[9] ~= '' and ARGV[9] ~= ARGV[8] then
  leave_ip(KEYS[7], ARGV[9], uid)
end

if schedule == 'forget' and not leased then
  redis.call('DEL', KEYS[2])
  redis.call('SREM', KEYS[3], uid)
  redis.call('ZREM', KEYS[4], uid)
  redis.call('SREM', KEYS[10], uid)
  waits_no_longer()
  settle_lent(uid, before, NOTHING, KEYS[11], KEYS[12], KEYS[14], KEYS[4])
  settle_kept(uid, before, NOTHING, KEYS[13], KEYS[4])
  if ARGV[8] ~= '' then
    leave_ip(KEYS[7], ARGV[8], uid)
  end
  if tonumber(ARGV[7]) > 0 then
    redis.call('SET', KEYS[6], now, 'EX', ARGV[7])
  end
  return { 'OK', 0, 0 }
end

if ARGV[8] ~= '' then
  local owner = redis.call('HGET', KEYS[7], ARGV[8])
  if not owner or tonumber(string.match(owner, '^(%d+)')) <= tonumber(ARGV[10]) then
    redis.call('HSET', KEYS[7], ARGV[8], ARGV[10] .. ' ' .. uid)
  end
end

for i = 11, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[i])
  else
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
if ARGV[8] ~= ARGV[9] then
  local on_ip = redis.call('HGET', KEYS[2], 'associated_ip') or ''
  if ARGV[8] ~= '' and on_ip ~= ARGV[8] then
    redis.call('HSET', KEYS[2], 'wanted_at', now)
  end
  if ARGV[9] ~= '' and on_ip == ARGV[9] then
    redis.call('HSET', KEYS[2], 'freed_at', now)
  end
end
local after = claim_of(KEYS[2])
settle_lent(uid, before, after, KEYS[11], KEYS[12], KEYS[14], KEYS[4])
settle_kept(uid, before, after, KEYS[13], KEYS[4])
if after.allocation_id ~= '' or after.intent_at ~= '' then
  redis.call('SADD', KEYS[10], uid)
else
  redis.call('SREM', KEYS[10], uid)
end
if after.allocation_id ~= '' then
  -- Only the longest parked may probe: who waits for none would hold up all the others.
  waits_no_longer()
end
if version == 0 or #ARGV > 10 then
  redis.call('HSET', KEYS[2], 'version', version + 1)
end
if version == 0 then
  redis.call('SADD', KEYS[3], uid)
end
if token ~= '' then
  redis.call('HDEL', KEYS[2], 'lease_token', 'lease_until')
end

if schedule == 'leave' or leased then
  return { 'OK', 0, 0 }
end
if schedule == 'ensure' then
  local pending = redis.call('ZSCORE', KEYS[4], uid) or redis.call('ZSCORE', KEYS[5], uid)
  for i = 16, #KEYS do
    pending = pending or redis.call('ZSCORE', KEYS[i], uid)
  end
  if pending then
    return { 'OK', 0, 0 }
  end
  schedule = 'wake'
end

redis.call('ZREM', KEYS[4], uid)
if schedule == 'wake' and KEYS[8] ~= KEYS[#KEYS] then
  waits_no_longer()
end
if schedule == 'park' then
  redis.call('ZADD', KEYS[5], 'NX', now, uid)
  if redis.call('SISMEMBER', KEYS[9], uid) == 1 then
    -- It was permitted while it was about to park.
    redis.call('ZADD', KEYS[4], now, uid)
  end
elseif schedule == 'rest' then
  waits_no_longer()
elseif schedule == 'due' then
  local woken = token ~= '' and redis.call('HGET', KEYS[2], 'woken') == 'at work'
  if woken then
    -- What it waits for came free after it had looked, and before it lay down.
    redis.call('HSET', KEYS[2], 'woken', 1)
  end
  redis.call('ZADD', KEYS[4], woken and now or now + tonumber(ARGV[7]), uid)
elseif schedule == 'wake' and redis.call('ZADD', KEYS[8], 'NX', now, uid) == 1 then
  return { 'OK', 1, redis.call('HINCRBY', KEYS[2], 'sequence', 1) }
end
return { 'OK', 0, 0 }
