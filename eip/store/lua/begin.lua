-- A worker starts on a wake-up: takes the claim's lease, and notes how far its queue has come.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  hash    the claim
-- KEYS[3]  zset    wake-ups of this queue: uid -> when it was queued
-- KEYS[4]  hash    progress: queue -> when the newest wake-up that was started had been queued
-- KEYS[5]  zset    due: uid -> when to look again
-- ARGV[1]  string  epoch
-- ARGV[2]  string  uid
-- ARGV[3]  string  queue
-- ARGV[4]  string  token of the new lease
-- ARGV[5]  number  length of the lease in milliseconds
--
-- Answers {now, claim as HGETALL}; the claim is empty when there is none, and its lease_token is not the new
-- one when somebody holds it, or when it waits for its time.

local uid, queue, token, lease = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

local queued = redis.call('ZSCORE', KEYS[3], uid)
if queued then
  redis.call('ZREM', KEYS[3], uid)
  local newest = redis.call('HGET', KEYS[4], queue)
  if not newest or tonumber(newest) < tonumber(queued) then
    redis.call('HSET', KEYS[4], queue, queued)
  end
end

if redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('ZREM', KEYS[5], uid)
  return { now, {} }
end
-- A message without a wake-up is a double, and must not shorten a back-off.
local waits = not queued and tonumber(redis.call('ZSCORE', KEYS[5], uid) or '0') > now
if not waits and tonumber(redis.call('HGET', KEYS[2], 'lease_until') or '0') <= now then
  doubt(KEYS[2])
  redis.call('HSET', KEYS[2], 'lease_token', token, 'lease_until', now + lease)
  redis.call('ZADD', KEYS[5], now + lease, uid)
end
return { now, redis.call('HGETALL', KEYS[2]) }
