-- What all workers share, and what each of them keeps of it. One version number is read for every
-- request; while it stands, a worker serves from the entries that it has parsed. When it has moved,
-- an entry is read again at its next use, and parsed again only if its text is another one: a change
-- of one service costs nothing for the others and does not disturb anybody's turns.

local choice = require "roadstead_choice"
local ffi = require "ffi"

ffi.cdef [[ int getpid(void); int getppid(void); ]]

local control, flight = ngx.shared.rs_control, ngx.shared.rs_flight
local tables = { a = ngx.shared.rs_a, b = ngx.shared.rs_b }

-- Parsed entries kept by one worker; above that it starts anew. 40,000 take some 40 MB.
local CACHED_MAX = 40000
-- A worker holds 3 MB that never change; looking through them less often is worth the room.
local GARBAGE_PERCENT = 400
-- Names whose count has come down to zero stay written until so many have: taking them out each time
-- would double the work of a service that is asked now and then.
local ZEROS_MAX = 256
-- Workers that may live side by side, old generations included.
local LIVES_MAX = 512

local _M = { version = -1 }
local entries, closing_until
local domains, services, cached = {}, {}, 0
local pid, others, lives = 0, {}, -1

local function read_others()
  local now = control:get("lives") or 0
  if now == lives then return end
  lives, others = now, {}
  local last = control:get("births") or 0
  for life = math.max(1, last - LIVES_MAX + 1), last do
    local other = control:get("w" .. life)
    if other and other ~= pid then others[#others + 1] = other end
  end
end

-- Looks whether anything has changed since the last request.
function _M.refresh()
  local now = control:get("version")
  if now == _M.version then return end
  _M.version = now
  entries = tables[control:get("side")]
  closing_until = control:get("closing")
  read_others()
end

-- Whether visitors are asked to come back over a new connection. It ends by itself, too: the edge that
-- asked for it may be gone.
function _M.is_closing()
  return closing_until and ngx.now() < closing_until
end

local function entry(cache, prefix, name, parse)
  local known = cache[name]
  if known and known.version == _M.version then return known end
  local text = entries:get(prefix .. name)
  if not text then
    if known then cache[name], cached = nil, cached - 1 end
    return nil
  end
  if known and known.text == text then
    known.version = _M.version
    return known
  end
  if not known then cached = cached + 1 end
  if cached > CACHED_MAX then domains, services, cached = {}, {}, 0 end
  local made = parse(text, name)
  made.name, made.text, made.version = name, text, _M.version
  cache[name] = made
  return made
end

-- As long as a name may be; whoever sends a longer one is not looked for label by label.
local NAME_MAX = 253

-- The name itself, else the wildcard of its nearest parent.
function _M.domain(name)
  local own = entry(domains, "d:", name, choice.domain)
  if own or #name > NAME_MAX then return own end
  local dot = name:find(".", 1, true)
  while dot do
    local parent = entry(domains, "d:", "*" .. name:sub(dot), choice.domain)
    if parent then return parent end
    dot = name:find(".", dot + 1, true)
  end
end

function _M.service(id)
  return entry(services, "s:", id, choice.service)
end

-- Counts are kept by name and worker, each written by its owner alone: those of a killed worker are
-- told apart by its pid, and those of one that is leaving still count. Names are `<address>:<port>`
-- for requests under way, and service ids for requests that wait for an endpoint.
local counts = setmetatable({}, { __mode = "v" })
local zeros = {}

function _M.count(name)
  local count = counts[name]
  if not count then
    count = { name = name, key = pid .. " " .. name, own = 0, is_lost = false }
    counts[name] = count
  end
  return count
end

-- Names that this worker counts and could not write, because the memory for counts is full: while
-- there are any, nobody can say what is under way.
local function mark(count, is_lost)
  if is_lost == count.is_lost then return end
  count.is_lost = is_lost
  control:incr("lost" .. pid, is_lost and 1 or -1, 0)
end

-- A sum is a third of the work of a write; the write is for a name that is not there yet.
local function publish(count, change)
  count.own = count.own + change
  if flight:incr(count.key, change) then return end
  local is_written = flight:safe_set(count.key, count.own)
  mark(count, not is_written and count.own > 0)
end

function _M.add(count)
  publish(count, 1)
end

local function sweep()
  for at = 1, #zeros do
    local count = zeros[at]
    count.is_listed = false
    if count.own == 0 then flight:delete(count.key) end
  end
  zeros = {}
end

function _M.remove(count)
  publish(count, -1)
  if count.own > 0 or count.is_listed then return end
  count.is_listed = true
  zeros[#zeros + 1] = count
  if #zeros >= ZEROS_MAX then sweep() end
end

-- Over all workers.
function _M.total(count)
  local sum = count.own
  if count.lives ~= lives then
    count.lives, count.keys = lives, {}
    for at = 1, #others do count.keys[at] = others[at] .. " " .. count.name end
  end
  for at = 1, #count.keys do sum = sum + (flight:get(count.keys[at]) or 0) end
  return sum
end

-- A worker of this nginx: its parent is our own.
local function is_alive(other)
  local file = io.open("/proc/" .. other .. "/stat")
  if not file then return false end
  local parent = file:read("*a"):match("%) %a (%d+)")
  file:close()
  return tonumber(parent) == ffi.C.getppid()
end

-- Whether every count of every worker is written.
local function is_whole()
  local last = control:get("births") or 0
  for life = math.max(1, last - LIVES_MAX + 1), last do
    local other = control:get("w" .. life)
    if other and (control:get("lost" .. other) or 0) > 0 and is_alive(other) then return false end
  end
  return true
end

-- Sums by name over workers that live; nil when they are not known. Counts of others are taken out.
function _M.totals()
  if not is_whole() then return nil end
  local sums, alive = {}, {}
  for _, key in ipairs(flight:get_keys(0)) do
    local blank = key:find(" ", 1, true)
    local owner, name = tonumber(key:sub(1, blank - 1)), key:sub(blank + 1)
    if alive[owner] == nil then alive[owner] = is_alive(owner) end
    if alive[owner] then
      sums[name] = (sums[name] or 0) + (flight:get(key) or 0)
    else
      flight:delete(key)
    end
  end
  return sums
end

-- Looked up in one go, by one name for one worker each: less than a millisecond.
local NAMED_AT_ONCE = 1000

-- The same for these names alone: what others have under way costs nothing.
function _M.totals_of(names)
  local pids, sums, looks = {}, {}, 0
  local last = control:get("births") or 0
  for life = math.max(1, last - LIVES_MAX + 1), last do
    local other = control:get("w" .. life)
    if other and is_alive(other) then pids[#pids + 1] = other end
  end
  for _, name in ipairs(names) do
    local sum = 0
    for at = 1, #pids do sum = sum + (flight:get(pids[at] .. " " .. name) or 0) end
    if sum > 0 then sums[name] = sum end
    looks = looks + #pids
    if looks >= NAMED_AT_ONCE then
      looks = 0
      ngx.sleep(0)
    end
  end
  return is_whole() and sums or nil
end

-- A worker begins: its pid may have been another's, and another may have been killed.
function _M.begin()
  collectgarbage("setpause", GARBAGE_PERCENT)
  pid = ffi.C.getpid()
  -- Workers are copies of one process, and would all draw the same lots.
  math.randomseed(pid + ngx.now() * 1000)
  for _, key in ipairs(flight:get_keys(0)) do
    local owner = tonumber(key:sub(1, key:find(" ", 1, true) - 1))
    if owner == pid or not is_alive(owner) then flight:delete(key) end
  end
  local last = control:get("births") or 0
  for life = math.max(1, last - LIVES_MAX + 1), last do
    local other = control:get("w" .. life)
    if other and (other == pid or not is_alive(other)) then
      control:delete("w" .. life)
      control:delete("lost" .. other)
    end
  end
  control:delete("lost" .. pid)
  local life = control:incr("births", 1, 0)
  control:delete("w" .. (life - LIVES_MAX))
  control:safe_set("w" .. life, pid)
  control:incr("lives", 1, 0)
  control:incr("version", 1)
end

return _M
