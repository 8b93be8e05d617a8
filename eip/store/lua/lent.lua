-- Runs ahead of the scripts in which addresses and IPs change hands.

local FIELDS = { 'allocation_id', 'public_ip', 'association_id', 'intent_at', 'lent', 'desired', 'tagged_keep',
  'terminating', 'namespace', 'name', 'pool', 'request_address', 'woken' }

-- Seconds for which EC2 may show an association that is gone, and then some.
local SHOWN_FOR = 600

local NOTHING = {}
for _, field in ipairs(FIELDS) do
  NOTHING[field] = ''
end

-- The fields of a claim that matter here, '' where one is not set.
local function claim_of(key)
  local values = redis.call('HMGET', key, unpack(FIELDS))
  local claim = {}
  for i, field in ipairs(FIELDS) do
    claim[field] = values[i] or ''
  end
  return claim
end

-- Let a claim be looked at now, or once the step is over that may have looked too early.
local function wake(uid, due)
  local key = 'eip:claim:' .. uid
  local at_work = tonumber(redis.call('HGET', key, 'lease_until') or '0') > now
  redis.call('HSET', key, 'woken', at_work and 'at work' or 1)
  redis.call('ZADD', due, now, uid)
end

-- Wake the first that waits for a resource, or the first behind one that could not take what was offered.
-- Who is in a line and has no claim any more would hold up all that stand behind it.
local function wake_next(line, due, behind)
  local rank = behind and redis.call('ZRANK', line, behind)
  local place = rank and rank + 1 or 0
  local uid = redis.call('ZRANGE', line, place, place)[1]
  while uid and redis.call('EXISTS', 'eip:claim:' .. uid) == 0 do
    redis.call('ZREM', line, uid)
    uid = redis.call('ZRANGE', line, place, place)[1]
  end
  if uid then
    wake(uid, due)
  end
end

-- Who was woken and did not look yet leaves what it was woken for to the next.
local function leave_line(line, uid, woken, due)
  local stood = redis.call('ZREM', line, uid) == 1
  if stood and woken then
    wake_next(line, due)
  end
  return stood
end

-- The pod that has a lent address; false too when its claim was lost and can't give the address back.
local function borrower(borrowed, allocation_id)
  local uid = redis.call('HGET', borrowed, allocation_id)
  return uid and redis.call('HGET', 'eip:claim:' .. uid, 'allocation_id') == allocation_id and uid
end

-- Who has an address, can't have one, or asks for another, waits no longer; who asks for another is looked at.
local function settle_line(line, uid, asked, asks, waits, woken, due)
  if asked == '' or (waits and asked == asks) then
    return
  end
  if leave_line(line .. asked, uid, woken, due) and waits then
    wake(uid, due)
  end
end

-- What follows for others from what has become of a claim's lent address.
local function settle_lent(uid, before, after, borrowed, returned, lines, due)
  local had, has = before.allocation_id, after.allocation_id
  if had ~= has and before.lent ~= '' and redis.call('HGET', borrowed, had) == uid then
    redis.call('HDEL', borrowed, had)
    if before.association_id ~= '' then
      redis.call('HSET', returned, had, before.association_id)
      redis.call('EXPIRE', returned, SHOWN_FOR)
    end
    wake_next(lines .. ':address:' .. had, due)
    wake_next(lines .. ':address:' .. before.public_ip, due)
    wake_next(lines .. ':pool:' .. before.pool, due)
  end
  if had ~= has and after.lent ~= '' and not borrower(borrowed, has) then
    redis.call('HSET', borrowed, has, uid)
  end
  local woken = before.woken ~= ''
  local waits = has == '' and after.desired == 'serve' and after.terminating == ''
  settle_line(lines .. ':pool:', uid, before.pool, after.pool, waits, woken, due)
  settle_line(lines .. ':address:', uid, before.request_address, after.request_address, waits, woken, due)
end

-- An IP that is a pod's no longer.
local function leave_ip(ips, ip, uid)
  local owner = redis.call('HGET', ips, ip)
  if owner and string.match(owner, ' (.+)$') == uid then
    redis.call('HDEL', ips, ip)
  end
end

local function lives(desired)
  return desired == 'serve' or desired == 'hold'
end

-- By which name the next pod finds the address that is kept for it: that of the pod which has the name, or the
-- first of those that were kept. One that nobody will come for any more is looked at again, and released.
local function settle_kept(uid, before, after, kept, due)
  local known = before.name ~= '' and before or after
  local name = known.namespace .. '/' .. known.name
  local owner = redis.call('HGET', kept, name)
  if after.allocation_id ~= '' and after.tagged_keep ~= '' then
    local other = owner and owner ~= uid and redis.call('HMGET', 'eip:claim:' .. owner, 'allocation_id', 'desired')
    local found = other and other[1]
    if lives(after.desired) or not found then
      redis.call('HSET', kept, name, uid)
      if found and not lives(other[2]) then
        wake(owner, due)
      end
    end
  elseif owner == uid then
    redis.call('HDEL', kept, name)
  end
end
