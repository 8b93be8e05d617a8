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
  local known = redis.call('HMGET', key, 'lease_token', 'lease_until', 'allocation_id', 'associated_ip', 'pod_ip')
  local settled = not known[3] or (known[4] and known[4] == known[5])
  if known[1] and tonumber(known[2]) <= now and not settled then
    redis.call('HSET', key, 'contested', 1)
  end
end
