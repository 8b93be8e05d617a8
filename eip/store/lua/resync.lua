-- Finds wake-ups whose Celery message was lost: younger ones of the same queue were started, or the
-- queue is empty.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  zset    wake-ups of this queue: uid -> when it was queued
-- KEYS[3]  hash    progress: queue -> when the newest wake-up that was started had been queued
-- KEYS[4]  list    the Celery queue
-- ARGV[1]  string  epoch
-- ARGV[2]  string  queue
-- ARGV[3]  number  milliseconds of grace: a message may be on its way, or handed to a worker
-- ARGV[4]  number  how many at most
--
-- Answers the uids; they count as queued just now.

local newest = now
if redis.call('LLEN', KEYS[4]) > 0 then
  newest = tonumber(redis.call('HGET', KEYS[3], ARGV[2]) or '0')
end
local until_ = math.min(newest, now) - tonumber(ARGV[3])
local lost = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', until_, 'LIMIT', 0, tonumber(ARGV[4]))
for _, uid in ipairs(lost) do
  redis.call('ZADD', KEYS[2], now, uid)
end
return lost
