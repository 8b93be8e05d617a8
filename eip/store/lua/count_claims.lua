-- Reads some of the claims whole, for whoever counts them.
--
-- KEYS[1]  hash    epoch
-- KEYS[2]  set     uids of all claims
-- KEYS[3]  zset    parked: uid -> since when it waits for the quota
-- ARGV[1]  string  epoch
-- ARGV[2]  string  where to go on, '0' to begin
-- ARGV[3]  number  how many, about
-- ARGV[4]  string  what stands before a uid in the name of its claim
--
-- Answers {where to go on or '0', claims as lines of JSON, {uids of these that are parked}}.
-- JSON is a tenth of the caller's work for the same in Redis' own protocol.

local some = redis.call('SSCAN', KEYS[2], ARGV[2], 'COUNT', ARGV[3])
local lines, parked = {}, {}
for _, uid in ipairs(some[2]) do
  local flat = redis.call('HGETALL', ARGV[4] .. uid)
  if #flat > 0 then
    local claim = {}
    for i = 1, #flat, 2 do
      claim[flat[i]] = flat[i + 1]
    end
    lines[#lines + 1] = cjson.encode(claim)
    if redis.call('ZSCORE', KEYS[3], uid) then
      parked[#parked + 1] = uid
    end
  end
end
return { some[1], table.concat(lines, '\n'), parked }
