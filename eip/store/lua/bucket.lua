-- Runs ahead of every script that spends from a token bucket: fills it up to this moment.
--
-- KEYS[1]  hash    the bucket   fields: tokens (below 0: promised), at (ms), rate (tokens a second),
--                               turn (ms), cut_at (ms)
-- ARGV[1]  number  burst
-- ARGV[2]  number  rate when nothing is throttled, in tokens a second
-- ARGV[3]  number  rate that throttling never goes below
-- ARGV[4]  number  by how much the rate grows back in a second

local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local burst, full_rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local slowest, growth = tonumber(ARGV[3]), tonumber(ARGV[4])

local known = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'rate', 'turn', 'cut_at')
local at = tonumber(known[2]) or now
local rate = math.min(tonumber(known[3]) or full_rate, full_rate)
local turn, cut_at = tonumber(known[4]) or 0, tonumber(known[5]) or 0
if now < at then
  -- The clock was put back: what lies in its future by that would hold everybody up.
  turn, cut_at = 0, 0
end
local elapsed = math.max(0, now - at) / 1000
local tokens = math.min(burst, (tonumber(known[1]) or burst) + elapsed * rate)
rate = math.min(full_rate, rate + growth * elapsed)

local function keep()
  redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now, 'rate', rate, 'turn', turn, 'cut_at', cut_at)
end
