-- Runs ahead of the scripts that look at the lease on a claim.

-- Why the caller may not go on with the claim as it read it, or nothing.
local function given_up(key, token, version)
  local held = redis.call('HMGET', key, 'lease_token', 'version')
  if held[1] ~= token then
    return 'LOST'
  end
  if held[2] ~= version then
    return 'CHANGED'
  end
end

-- Whose lease ran out may have died after its call: EC2 must be asked where the claim's address is, unless it
-- was known to be where it belongs, and the step was about something else.
local function doubt(key)
  local known = redis.call('HMGET', key, 'lease_token', 'lease_until', 'allocation_id', 'associated_ip', 'pod_ip',
    'keep', 'tagged_keep', 'lent')
  if not known[1] or tonumber(known[2]) > now or not known[3] then
    return
  end
  if not known[4] or known[4] ~= known[5] then
    redis.call('HSET', key, 'contested', 1)
  end
  if known[6] ~= known[7] and not known[8] then
    -- It may be tagged to stay, or no longer; if its pod lives on that is said once more.
    redis.call('HSET', key, 'tagged_keep', known[6] or known[7], 'retag', 1)
  end
end
