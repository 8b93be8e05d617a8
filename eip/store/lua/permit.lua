-- Runs ahead of the scripts in which an address may be had by who waits for the quota.

-- The longest parked claim without a permit gets one, and is looked at now; the breaker closes when nobody is
-- parked. Answers the uid that was permitted, or ''.
local function permit_next(breaker, parked, permits, due)
  if redis.call('ZCARD', parked) == 0 then
    redis.call('DEL', breaker, permits)
    return ''
  end
  for _, uid in ipairs(redis.call('ZRANGE', parked, 0, redis.call('SCARD', permits))) do
    if redis.call('SADD', permits, uid) == 1 then
      redis.call('ZADD', due, now, uid)
      return uid
    end
  end
  return ''
end
